from django.db import migrations


class Migration(migrations.Migration):
    """Drop a key of how an article reads: it is compared itself when it may have been edited."""

    dependencies = [("news", "0005_rhythm_index")]

    operations = [migrations.RemoveField("article", "content_key")]
