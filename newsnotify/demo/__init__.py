"""A little world of invented news, so that anybody can watch NewsNotify work without internet."""
