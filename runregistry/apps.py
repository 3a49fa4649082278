from django.apps import AppConfig


class RunregistryConfig(AppConfig):
    name = "runregistry"
    verbose_name = "Run Registry"
