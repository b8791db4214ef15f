/*
 * Sessions that came of a ticket, for the count that auth keeps: one ends with its client here, which
 * stays until the worker that has it says so or hangs up.
 */
#include "lib/base/base.h"

#include "login/auth_link.h"

void session_grant(struct client *client, uint64_t id)
{
    struct login *login = client->login;

    session_end(client);
    client->granted = id;
    client->session_after = login->sessions;
    client->session_before = NULL;
    if (login->sessions != NULL)
        login->sessions->session_before = client;
    login->sessions = client;
}

void session_end(struct client *client)
{
    struct login *login = client->login;

    if (client->granted == 0)
        return;
    auth_link_end_session(login, client->granted);
    client->granted = 0;
    if (client->session_before != NULL)
        client->session_before->session_after = client->session_after;
    else
        login->sessions = client->session_after;
    if (client->session_after != NULL)
        client->session_after->session_before = client->session_before;
}

void sessions_forget_away(struct login *login)
{
    for (struct client *client = login->sessions, *after; client != NULL; client = after) {
        after = client->session_after;
        if (client->state == CLIENT_AWAY)
            client_destroy(client);
    }
}

void sessions_note_all(struct login *login)
{
    for (const struct client *client = login->sessions; client != NULL;
         client = client->session_after)
        auth_link_note_session(login, client->granted, client->user, client->remote);
}
