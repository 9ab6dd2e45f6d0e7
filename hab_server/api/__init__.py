"""The routes, one router per domain: read the request, call one function, answer."""
