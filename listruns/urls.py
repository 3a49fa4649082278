from django.urls import path

from listruns import views
from listruns.update import UpdateRunView

app_name = "listruns"

urlpatterns = [
    path("", views.certifications, name="list"),
    path("<int:run_number>/<str:reco>/", views.detail, name="detail"),
    path("<int:run_number>/<str:reco>/update/", UpdateRunView.as_view(), name="update"),
]
