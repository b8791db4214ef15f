/* buzonconf -E: where an address ends. */
#include "tools/conf/explaining.h"

#include "lib/base/file.h"
#include "lib/delivery/alias_item.h"
#include "lib/message/address.h"

#include <fcntl.h>
#include <unistd.h>

#define ALIAS_MAX        (1U << 20)
#define INCLUDE_PREFIX   ":include:"
#define ADDRESSES_A_ITEM 1000
#define TOLD_MOST        1000 /* local addresses that one address leads to */

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
    struct error err = {0};

    if (config->require_home_directory && !mailbox_has_home(place, &err)) {
        explain_unavailable(explaining, &err);
        return;
    }
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

/* --- what an alias leads to ---------------------------------------------------------------------------- */

/* Local addresses are delivered at once, others are sent as new mail is. */
static void explain_member(struct explaining *explaining, const char *address)
{
    const char *rewritten = route_rewrite(explaining->route, explaining->arena, address, false);
    enum address_class class = CLASS_DEFAULT;
    struct error err = {0};

    if (route_class(explaining->route, address_domain(rewritten), &class, &err) ==
        MAP_UNAVAILABLE) {
        explain_unavailable(explaining, &err);
    } else if (class != CLASS_LOCAL) {
        explain_resent(explaining, address);
    } else {
        explanation_stage(&explaining->text, "local");
        explanation_fact(&explaining->text, "recipient", rewritten);
        explain_local(explaining, rewritten);
    }
}

static void explain_members(struct explaining *explaining, struct span item)
{
    struct arena *arena = explaining->arena;
    size_t count;
    struct header_address *found = address_parse_recipients(arena, item, ADDRESSES_A_ITEM, &count);

    for (size_t i = 0; i < count; i++) {
        if (found[i].kind != ADDRESS_PLAIN || found[i].localpart.len == 0)
            continue;
        explain_member(explaining,
                       found[i].domain.len == 0
                           ? arena_text(arena, found[i].localpart)
                           : arena_printf(arena, "%.*s@%.*s", SPAN_PRINTF(found[i].localpart),
                                          SPAN_PRINTF(found[i].domain)));
    }
}

static void explain_items(struct explaining *explaining, struct span items);

static void explain_list(struct explaining *explaining, const char *path)
{
    struct buf content = BUF(ALIAS_MAX);
    struct error err = {0};

    explanation_fact(&explaining->text, "list", path);
    if (hash_put(explaining->told, span_text(path), explaining) != NULL)
        explanation_fact(&explaining->text, "list", "told before");
    else if (!file_read(AT_FDCWD, path, &content, &err))
        explain_unavailable(explaining, &err);
    else
        explain_items(explaining, buf_span(&content));
    buf_release(&content);
}

static void explain_item(struct explaining *explaining, struct span item)
{
    const char *text = alias_item_text(explaining->arena, item);

    if (text[0] == '|')
        explanation_fact(&explaining->text, "command", text + 1);
    else if (text[0] == '/')
        explanation_fact(&explaining->text, "file", text);
    else if (text[0] == '\\')
        explain_account(explaining, lower_case(explaining->arena, span_text(text + 1)));
    else if (strncasecmp(text, INCLUDE_PREFIX, strlen(INCLUDE_PREFIX)) == 0)
        explain_list(explaining, text + strlen(INCLUDE_PREFIX));
    else
        explain_members(explaining, item);
}

static void explain_items(struct explaining *explaining, struct span items)
{
    while (items.len > 0) {
        struct span line = alias_line_take(&items);

        while (line.len > 0) {
            struct span item = alias_item_take(&line);

            if (item.len > 0)
                explain_item(explaining, item);
        }
    }
}

/* False: it was, or there is too much to tell. */
static bool is_new(struct explaining *explaining, const char *address)
{
    if (hash_put(explaining->told, span_text(address), explaining) != NULL) {
        explanation_fact(&explaining->text, "recipient", "told before");
        return false;
    }
    if (hash_count(explaining->told) <= TOLD_MOST)
        return true;
    explanation_fact(&explaining->text, "recipient", "too many to tell");
    return false;
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
        if (is_new(explaining, account))
            explain_items(explaining, buf_span(&value));
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

/* --- smtp ---------------------------------------------------------------------------------------------------- */

static void tell_generic(struct explaining *explaining, const char *program, const char *name,
                         const char *address)
{
    bool is_smtp = strcmp(program, "smtp") == 0;
    const char *generic = address;
    struct error err = {0};

    if (address[0] == '\0')
        return;
    if (route_generic(explaining->route, explaining->arena,
                      is_smtp ? explaining->smtp_generic : explaining->lmtp_generic,
                      is_smtp ? "smtp_generic_maps" : "lmtp_generic_maps", address, &generic,
                      &err) == MAP_UNAVAILABLE)
        explain_unavailable(explaining, &err);
    else if (strcmp(generic, address) != 0)
        explanation_fact(&explaining->text, name, generic);
}

void explain_smtp(struct explaining *explaining, const char *program, const char *recipient)
{
    tell_generic(explaining, program, "sender leaves as", explaining->sender);
    tell_generic(explaining, program, "recipient leaves as", recipient);
}
