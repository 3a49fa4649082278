from django.urls import path

from listruns import bin, detail, differences, move, refresh, views
from listruns.conflict import ConflictView
from listruns.update import UpdateRunView

app_name = "listruns"

urlpatterns = [
    path("", views.certifications, name="list"),
    path("export.csv", views.export_as, {"ending": "csv"}, name="export_csv"),
    path("export.json", views.export_as, {"ending": "json"}, name="export_json"),
    path("export.xlsx", views.export_workbook, name="export_xlsx"),
    path("bin/", bin.deleted, name="bin"),
    path("bin/<int:pk>/restore/", bin.restore, name="restore"),
    path("bin/<int:pk>/purge/", bin.purge, name="purge"),
    path("undo/<int:pk>/", bin.undo, name="undo"),
    path("differences/", differences.all_differences, name="differences"),
    path("<int:run_number>/differences/", differences.of_run, name="differences_of_run"),
    path("<int:run_number>/<str:reco>/refresh/", refresh.refresh_now, name="refresh"),
    path("<int:run_number>/<str:reco>/", detail.detail, name="detail"),
    path("<int:run_number>/<str:reco>/update/", UpdateRunView.as_view(), name="update"),
    path("<int:run_number>/<str:reco>/conflict/", ConflictView.as_view(), name="conflict"),
    path("<int:run_number>/<str:reco>/delete/", bin.delete, name="delete"),
    path("<int:run_number>/<str:reco>/dataset/", move.move, name="move"),
    path("<int:run_number>/<str:reco>/versions/<int:pk>/bring-back/", bin.bring_back, name="bring_back"),
]
