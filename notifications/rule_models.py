"""What a person's rules did to notifications that he had already."""

from __future__ import annotations

from django.db import models

from subscriptions.models import Rule, RuleAction


class RuleApplication(models.Model):
    """A rule was applied to what a person had been told before: what that changed."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="applications")
    action = models.CharField(max_length=10, choices=RuleAction.choices)  # the rule may change
    applied_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    changes = models.JSONField(default=list)  # ids of notifications, with their former own_priority
    looked_at = models.PositiveIntegerField(default=0)
    is_complete = models.BooleanField(default=True)  # else there were more than are looked at

    def __str__(self) -> str:
        return f"{self.rule} at {self.applied_at:%Y-%m-%d %H:%M}"
