import json

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from rest_framework.exceptions import NotFound

from newsnotify.lib.errors import Conflict, api_not_found, exception_handler


@pytest.mark.parametrize(
    ("error", "code", "body"),
    [
        (ValidationError({"url": ["No."]}), 400, {"url": ["No."]}),
        (ValidationError("No."), 400, {"non_field_errors": ["No."]}),
        (Conflict("No."), 409, {"detail": "No."}),
        (Conflict(), 409, {"detail": "This cannot be done in the present state."}),
        (NotFound(), 404, {"detail": "Not found."}),
    ],
)
def test_error_is_told_in_the_usual_shape_when_it_is_the_callers(
    error: Exception, code: int, body: object
) -> None:
    response = exception_handler(error, {})
    assert response is not None
    assert (response.status_code, response.data) == (code, body)


def test_error_is_left_to_others_when_it_is_ours() -> None:
    assert exception_handler(RuntimeError(), {}) is None


def test_unknown_path_is_named_when_not_found() -> None:
    response = api_not_found(RequestFactory().get("/api/v1/x"), path="x")
    assert response.status_code == 404
    assert json.loads(response.content) == {"detail": "There is no /api/v1/x."}
