from django.urls import path

from openruns import claiming, views

app_name = "openruns"

urlpatterns = [
    path("", views.openruns, name="openruns"),
    path("next/", views.certify_next, name="next"),
    path("claims/", claiming.change_claim, name="claims"),
]
