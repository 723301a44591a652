"""The image API: all its routes."""

from pileus.image.views import data, images, members, versions

ROUTES = [*versions.ROUTES, *images.ROUTES, *data.ROUTES, *members.ROUTES]
