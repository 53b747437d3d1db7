from django.db import migrations, models


class Migration(migrations.Migration):
    """Let a summary be read from the content when somebody looks at the article."""

    dependencies = [("news", "0006_content_key")]

    operations = [
        migrations.RenameField("article", "summary", "own_summary"),
        migrations.AlterField(
            "article", "own_summary", models.CharField(blank=True, max_length=500, null=True)
        ),
    ]
