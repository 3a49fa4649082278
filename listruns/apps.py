from django.apps import AppConfig


class ListrunsConfig(AppConfig):
    name = "listruns"
    verbose_name = "Certified runs"
