from django.db import migrations, models


class Migration(migrations.Migration):
    """Rename, so that nobody takes what was published for clean; what is stored was sanitised."""

    dependencies = [("news", "0003_revisions")]

    operations = [
        migrations.RenameField("article", "content", "raw_content"),
        migrations.RenameField("revision", "content", "raw_content"),
        migrations.AddField(
            "article", "content_base", models.CharField(blank=True, max_length=2000)
        ),
        migrations.AddField(
            "revision", "content_base", models.CharField(blank=True, max_length=2000)
        ),
    ]
