"""Whether people can sign in at the provider that is named."""

from urllib.parse import urlsplit

from accounts.oidc import provider
from accounts.oidc.refusals import ProviderAwayError
from newsnotify.doctor.findings import Finding, failed, fine, noted
from newsnotify.doctor.setting import NEAR


def sign_in() -> Finding:
    """check OIDC_ISSUER"""
    there = provider.configured()
    if there is None:
        return fine("by password here; no OIDC_ISSUER")
    known = provider.Provider(there.address, there.client_id, there.client_secret)
    try:
        issuer = known.metadata()["issuer"]
    except ProviderAwayError as error:
        remedy = f"see what {there.address.rstrip('/')}{provider.DISCOVERY} answers"
        return failed(f"OIDC_ISSUER={there.address}: {error}", remedy)
    place = urlsplit(issuer)
    if place.scheme != "https" and place.hostname not in NEAR:
        return noted(f"{issuer} is believed in the clear", "use https://")
    return fine(f"at {issuer}, or by password here")
