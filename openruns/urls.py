from django.urls import path

from openruns import views

app_name = "openruns"

urlpatterns = [path("", views.openruns, name="openruns")]
