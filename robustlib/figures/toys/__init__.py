"""Small pictures of an idea, which compute what they show."""
