from django import forms
from django.utils.translation import gettext_lazy as _

from news.models import Topic


class SourceFilterForm(forms.Form):
    topic = forms.ModelChoiceField(Topic.objects.all(), to_field_name="slug", required=False)


class FollowUrlForm(forms.Form):
    url = forms.CharField(
        label=_("Follow any feed or web page"),
        max_length=2000,
        widget=forms.URLInput(
            attrs={"placeholder": "https://example.org/feed.xml", "autocomplete": "off"}
        ),
    )
