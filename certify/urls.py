from django.urls import path

from certify import draft_views, views

app_name = "certify"

urlpatterns = [
    path("references/", views.references, name="references"),
    path("drafts/<int:pk>/throw-away/", draft_views.throw_away, name="throw_away"),
    path("<int:run_number>/", views.CertifyView.as_view(), name="certify"),
    path("<int:run_number>/<str:reco>/", views.CertifyView.as_view(), name="certify"),
    path("<int:run_number>/<str:reco>/draft/", draft_views.save_draft, name="draft"),
]
