from django.contrib import admin
from django.urls import include, path

from certhelper import status, views
from users.admin import own_password

handler400 = "certhelper.readable.bad_request"
handler500 = "certhelper.outage.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("seen/", views.seen, name="seen"),
    path("seen/<int:pk>/", views.seen, name="seen_one"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("status/", status.status, name="status"),
    path("status/ask/", status.ask_now, name="ask_now"),
    path("openruns/", include("openruns.urls")),
    path("certify/", include("certify.urls")),
    path("list/", include("listruns.urls")),
    path("accounts/", include("users.urls")),
    path("admin/password_change/", admin.site.admin_view(own_password, cacheable=True), name="own_password"),
    path("admin/", admin.site.urls),
]
