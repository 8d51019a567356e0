"""Who is who, who may sign in, who treats whom; OAuth 2.1 and OpenID Connect provider."""
