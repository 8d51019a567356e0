"""The security page: every room's routes below it, each a public path that whoever is signed in has to themselves."""

from afterglow_auth.security import app, codes, overview, passkeys, password, programs, sessions, you
from afterglow_auth.security.activity import routes as activity
from afterglow_auth.security.notices import routes as notices

ROUTERS = [
    overview.router,
    activity.router,
    app.router,
    codes.router,
    notices.router,
    passkeys.router,
    password.router,
    programs.router,
    sessions.router,
    you.router,
]
