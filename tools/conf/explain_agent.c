/* buzonconf -E: where an address ends. */
#include "tools/conf/explaining.h"

#include "lib/message/address.h"

#include <unistd.h>

#define ALIAS_MAX (1U << 20)

static void tell_mailbox(struct explaining *explaining, const struct mailbox_place *place)
{
    struct arena *arena = explaining->arena;

    explanation_fact(&explaining->text, "mailbox", place->path);
    explanation_fact(&explaining->text, "format",
                     place->format == MAILBOX_MAILDIR ? "Maildir" : "mbox");
    explanation_fact(&explaining->text, "owner",
                     place->user != NULL
                         ? arena_printf(arena, "%s (uid %d, gid %d)", place->user, (int)place->uid,
                                        (int)place->gid)
                         : arena_printf(arena, "uid %d, gid %d", (int)place->uid, (int)place->gid));
}

void explain_virtual(struct explaining *explaining, const char *address)
{
    struct mailbox_place place;
    struct error err = {0};

    switch (mailbox_find_virtual(explaining->finder, address, explaining->arena, &place, &err)) {
    case MAP_FOUND:
        tell_mailbox(explaining, &place);
        break;
    case MAP_ABSENT:
        explanation_fact(&explaining->text, "returned", "unknown user");
        break;
    case MAP_UNAVAILABLE:
        explain_unavailable(explaining, &err);
        break;
    }
}

/* The whole localpart, then the part before the extension; what it says then goes ways of its own. */
static enum map_result find_alias(struct explaining *explaining, const char *localpart,
                                  const char *user, struct buf *value, struct error *err)
{
    enum map_result result =
        maps_find(explaining->aliases, span_text(localpart), MAP_FOLD_KEY, value, NULL, err);

    if (result == MAP_ABSENT && strcmp(localpart, user) != 0)
        result = maps_find(explaining->aliases, span_text(user), MAP_FOLD_KEY, value, NULL, err);
    return result;
}

static void tell_account(struct explaining *explaining, const struct mailbox_place *place)
{
    const struct config *config = explaining->config;
    const char *forward = arena_printf(explaining->arena, "%s/.forward", place->home);

    if (access(forward, F_OK) == 0)
        explanation_fact(&explaining->text, "file", forward);
    if (*config->mailbox_command != '\0')
        explanation_fact(&explaining->text, "mailbox_command", config->mailbox_command);
    tell_mailbox(explaining, place);
}

static void explain_account(struct explaining *explaining, const char *user)
{
    const struct config *config = explaining->config;
    struct mailbox_place place;
    struct error err = {0};

    if (*config->mailbox_transport != '\0')
        explanation_fact(&explaining->text, "mailbox_transport", config->mailbox_transport);
    switch (mailbox_find_local(explaining->finder, user, explaining->arena, &place, &err)) {
    case MAP_FOUND:
        tell_account(explaining, &place);
        break;
    case MAP_ABSENT:
        if (*config->fallback_transport != '\0')
            explanation_fact(&explaining->text, "fallback_transport", config->fallback_transport);
        else if (*config->luser_relay != '\0')
            explanation_fact(&explaining->text, "luser_relay", config->luser_relay);
        else
            explanation_fact(&explaining->text, "returned",
                             arena_printf(explaining->arena, "unknown user: \"%s\"", user));
        break;
    case MAP_UNAVAILABLE:
        explain_unavailable(explaining, &err);
        break;
    }
}

static const char *lower_case(struct arena *arena, struct span text)
{
    char *lower = arena_text(arena, text);

    for (char *c = lower; *c != '\0'; c++)
        *c = to_lower(*c);
    return lower;
}

void explain_local(struct explaining *explaining, const char *address)
{
    struct span localpart = address_localpart(address);
    struct span user = localpart;
    struct span extension;
    struct buf value = BUF(ALIAS_MAX);
    struct error err = {0};
    const char *account;

    if (!address_split_extension(extension_rule_of(explaining->config), localpart, &user,
                                 &extension))
        user = localpart;
    account = lower_case(explaining->arena, user);
    switch (
        find_alias(explaining, arena_text(explaining->arena, localpart), account, &value, &err)) {
    case MAP_FOUND:
        explanation_fact(&explaining->text, "alias of", buf_text(&value));
        break;
    case MAP_ABSENT:
        explain_account(explaining, account);
        break;
    case MAP_UNAVAILABLE:
        explain_unavailable(explaining, &err);
        break;
    }
    buf_release(&value);
}
