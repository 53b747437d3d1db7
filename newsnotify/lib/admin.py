"""Admin pages that stay quick on tables of millions of rows."""

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Max, Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from newsnotify.lib.estimates import COUNT_LIMIT, count_up_to

M = TypeVar("M", bound=Model)

SEARCHED = 100_000

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
    _Admin = admin.ModelAdmin[Any]
else:
    _Paginator = Paginator
    _Admin = object


class CappedPaginator(_Paginator):
    """Pages through the first 10,000 rows: neither counting nor skipping goes beyond them."""

    @cached_property
    def count(self) -> int:
        return count_up_to(self.object_list, COUNT_LIMIT)  # type: ignore[arg-type]


class LargeAdmin(admin.ModelAdmin[M]):
    """For tables that grow without end: newest first, sorted and searched by indexes alone.

    No `date_hierarchy`: it reads a whole index for its list of years, and on a MariaDB without
    time-zone tables it breaks. Filters on indexed times do the same by a range.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering: ClassVar = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    # By itself a list joins every table it names, and MariaDB may begin at the smallest: with
    # a million notifications of 500 events it sorted them all, in 5 s. Prefetching took 20 ms.
    list_select_related: ClassVar[tuple[str, ...]] = ()


class SearchesNewest(_Admin):
    """Searches words, which no index can, among the newest 100,000 rows only."""

    search_help_text = f"Words, among the newest {SEARCHED:,}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term:
            newest = self.model._default_manager.aggregate(pk=Max("pk"))["pk"] or 0
            queryset = queryset.filter(pk__gt=newest - SEARCHED)
        return super().get_search_results(request, queryset, search_term)


class LookingOnly(_Admin):
    """What the machinery writes, staff may look at and nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BriefDeletion(_Admin):
    """Asks whether to delete a row without listing the thousands that go with it."""

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        names = [str(item) for item in objs[:COUNT_LIMIT]]
        what_goes = f"{self.model._meta.verbose_name_plural}, and all that belongs to them"
        return names, {what_goes: len(names)}, set(), []
