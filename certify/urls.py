from django.urls import path

from certify import views

app_name = "certify"

urlpatterns = [
    path("references/", views.references, name="references"),
    path("<int:run_number>/", views.CertifyView.as_view(), name="certify"),
    path("<int:run_number>/<str:reco>/", views.CertifyView.as_view(), name="certify"),
]
