from django.db import ProgrammingError, migrations, transaction

_INDEX = """CREATE INDEX certification_comment_trigrams
    ON certify_trackercertification USING gin (UPPER(comment::text) gin_trgm_ops)"""


def index_comments(apps, schema_editor):
    """PostgreSQL finds parts of a text by its trigrams; other databases read all comments, as they did before."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.execute(_INDEX)
    except ProgrammingError as refusal:
        print(f"\nSearching in comments stays slow, because pg_trgm could not be installed: {refusal}")


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS certification_comment_trigrams")


class Migration(migrations.Migration):

    dependencies = [("certify", "0005_indexes_of_the_list")]

    operations = [migrations.RunPython(index_comments, drop_index)]
