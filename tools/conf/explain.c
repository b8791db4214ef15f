/* buzonconf -E: what becomes of mail to an address. */
#include "tools/conf/explain.h"

#include "lib/base/log.h"
#include "lib/config/master_cf.h"
#include "lib/config/parameter.h"
#include "lib/delivery/mailbox.h"
#include "lib/message/address.h"
#include "lib/route/route.h"
#include "tools/conf/explanation.h"

#include <unistd.h>

#define ALIAS_MAX (1U << 20)

struct explaining {
    const struct config *config;
    const struct master_cf *master_cf; /* NULL: it cannot be read */
    const char *sender;                /* internal form */
    struct arena *arena;
    struct route *route;
    struct mailbox_finder *finder;
    struct maps *aliases;
    struct explanation text;
};

/* What a function could not say, for want of a table, it has logged. */
static void tell_unavailable(struct explaining *explaining, const struct error *err)
{
    explanation_fact(&explaining->text, "put off", err->text);
}

static void tell_change(struct explaining *explaining, const char *name, const char *before,
                        const char *after)
{
    if (strcmp(before, after) != 0)
        explanation_fact(&explaining->text, name, after);
}

/* --- smtpd: is it taken? ---------------------------------------------------------------------------- */

static const char *class_name(enum address_class class)
{
    switch (class) {
    case CLASS_LOCAL:
        return "local";
    case CLASS_VIRTUAL_ALIAS:
        return "virtual alias";
    case CLASS_VIRTUAL_MAILBOX:
        return "virtual mailbox";
    case CLASS_RELAY:
        return "relay";
    case CLASS_DEFAULT:
        break;
    }
    return "default: another system's";
}

static const char *refusal_of(struct explaining *explaining, const struct route_target *target,
                              const char *table)
{
    const char *reason = table == NULL
                             ? target->nexthop
                             : arena_printf(explaining->arena, "User unknown in %s", table);

    if (explaining->config->smtpd_reject_unlisted_recipient)
        return arena_printf(explaining->arena, "refused: %s", reason);
    return arena_printf(explaining->arena,
                        "taken (smtpd_reject_unlisted_recipient = no), to be returned: %s", reason);
}

static void tell_acceptance(struct explaining *explaining, const struct route_target *target)
{
    const char *answer = "taken, unless a restriction says otherwise";
    const char *table;
    struct error err = {0};

    switch (route_recipient_exists(explaining->route, explaining->arena, target, &table, &err)) {
    case MAP_FOUND:
        break;
    case MAP_ABSENT:
        explanation_fact(&explaining->text, "recipient", refusal_of(explaining, target, table));
        return;
    case MAP_UNAVAILABLE:
        tell_unavailable(explaining, &err);
        return;
    }
    if (target->class == CLASS_DEFAULT)
        answer = "taken from clients that may relay, of no others";
    else if (target->is_routed && !explaining->config->allow_untrusted_routing)
        answer = "taken from clients that may relay, for it names another destination";
    explanation_fact(&explaining->text, "recipient", answer);
}

static void explain_smtpd(struct explaining *explaining, const char *address)
{
    const char *rewritten = route_rewrite(explaining->route, explaining->arena, address, false);
    struct route_target target;
    struct error err = {0};

    explanation_stage(&explaining->text, "smtpd");
    tell_change(explaining, "completed", address, rewritten);
    if (route_resolve(explaining->route, explaining->arena, explaining->sender, rewritten, &target,
                      &err) == MAP_UNAVAILABLE) {
        tell_unavailable(explaining, &err);
        return;
    }
    explanation_fact(&explaining->text, "class", class_name(target.class));
    tell_acceptance(explaining, &target);
}

/* --- the agents: where does it end? ------------------------------------------------------------------ */

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

static void explain_virtual(struct explaining *explaining, const char *address)
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
        tell_unavailable(explaining, &err);
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
        tell_unavailable(explaining, &err);
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

static void explain_local(struct explaining *explaining, const char *address)
{
    struct span localpart = address_localpart(address);
    struct span user = localpart;
    struct span extension;
    struct buf value = BUF(ALIAS_MAX);
    struct error err = {0};
    const char *account;

    if (!address_split_extension(explaining->config->recipient_delimiter, localpart, &user,
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
        tell_unavailable(explaining, &err);
        break;
    }
    buf_release(&value);
}

/* --- qmgr: by which transport? ------------------------------------------------------------------------ */

static void explain_delivery(struct explaining *explaining, const struct route_target *target)
{
    const struct master_service *service =
        explaining->master_cf == NULL
            ? NULL
            : master_cf_find(explaining->master_cf, target->transport, SERVICE_UNIX);

    if (service == NULL) {
        explanation_fact(&explaining->text, "put off",
                         "master.cf has no such transport of type unix");
    } else if (strcmp(service->command, "virtual") == 0) {
        explanation_stage(&explaining->text, "virtual");
        explain_virtual(explaining, target->recipient);
    } else if (strcmp(service->command, "local") == 0) {
        explanation_stage(&explaining->text, "local");
        explain_local(explaining, target->recipient);
    } else {
        explanation_fact(&explaining->text, "program", service->command);
    }
}

static void explain_qmgr(struct explaining *explaining, const char *recipient)
{
    struct route_target target;
    struct error err = {0};

    explanation_stage(&explaining->text, "qmgr");
    explanation_fact(&explaining->text, "recipient", recipient);
    if (route_resolve(explaining->route, explaining->arena, explaining->sender, recipient, &target,
                      &err) == MAP_UNAVAILABLE) {
        tell_unavailable(explaining, &err);
        return;
    }
    tell_change(explaining, "becomes", recipient, target.recipient);
    explanation_fact(&explaining->text, "class", class_name(target.class));
    explanation_fact(&explaining->text, "transport", target.transport);
    explanation_fact(&explaining->text, "next hop", target.nexthop);
    explain_delivery(explaining, &target);
}

/* --- cleanup: who gets it? ---------------------------------------------------------------------------- */

static void explain_expansion(struct explaining *explaining, const char *address)
{
    const char **recipients;
    size_t count;
    struct error err = {0};

    if (route_expand_aliases(explaining->route, explaining->arena, address, &recipients, &count,
                             &err) == MAP_UNAVAILABLE) {
        tell_unavailable(explaining, &err);
        return;
    }
    for (size_t i = 0; i < count; i++)
        explanation_fact(&explaining->text, "recipient", recipients[i]);
    for (size_t i = 0; i < count; i++)
        explain_qmgr(explaining, recipients[i]);
}

static void explain_cleanup(struct explaining *explaining, const char *address)
{
    struct arena *arena = explaining->arena;
    const char *rewritten = route_rewrite(explaining->route, arena, address, false);
    const char *canonical;
    const char *masked;
    struct error err = {0};

    explanation_stage(&explaining->text, "cleanup");
    tell_change(explaining, "completed", address, rewritten);
    if (route_canonical(explaining->route, arena, rewritten, false, false, &canonical, &err) ==
        MAP_UNAVAILABLE) {
        tell_unavailable(explaining, &err);
        return;
    }
    tell_change(explaining, "canonical", rewritten, canonical);
    masked = route_masquerade(explaining->route, arena, canonical, false, false);
    tell_change(explaining, "masqueraded", canonical, masked);
    explain_expansion(explaining, masked);
}

/* --- all of it ---------------------------------------------------------------------------------------- */

/* Tables that daemons ask at proxymap are read here without it: it may not run. */
static void open_proxied_directly(struct config *config, struct arena *arena)
{
    static const char proxy[] = "proxy:";

    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        const char **member = (const char **)((char *)config + parameters[i].offset);
        char *at;

        if (parameters[i].kind != PARAMETER_TEXT || strstr(*member, proxy) == NULL)
            continue;
        *member = arena_copy(arena, *member);
        while ((at = strstr(*member, proxy)) != NULL)
            memmove(at, at + strlen(proxy), strlen(at + strlen(proxy)) + 1);
    }
}

static void open_tables(struct explaining *explaining)
{
    const struct config *config = explaining->config;

    explaining->route = route_create(config, false);
    explaining->finder = mailbox_finder_create(config, false);
    explaining->aliases = maps_open(config, config->alias_maps, false);
    route_watch(explaining->route, explanation_look_up, &explaining->text);
    mailbox_finder_watch(explaining->finder, explanation_look_up, &explaining->text);
    maps_watch(explaining->aliases, "alias_maps", explanation_look_up, &explaining->text);
}

static void close_tables(struct explaining *explaining)
{
    maps_free(&explaining->aliases);
    mailbox_finder_free(&explaining->finder);
    route_free(&explaining->route);
}

static void explain_one(struct explaining *explaining, const char *external)
{
    const char *address = address_unquote(explaining->arena, span_text(external));

    explaining->text.address = external;
    if (!explaining->text.json)
        buf_put_printf(explaining->text.out, "%s\n", external);
    if (*address == '\0')
        address = explaining->config->empty_address_recipient;
    explain_smtpd(explaining, address);
    explain_cleanup(explaining, address);
}

bool explain_addresses(const char *directory, const struct conf *conf, const char *sender,
                       const struct strlist *addresses, struct buf *out, struct error *err)
{
    struct config *config = config_read(directory, &conf->overrides, NULL, err);
    struct explaining explaining = {
        .config = config,
        .text = {.out = out, .json = (conf->show & SHOW_JSON) != 0},
    };
    struct error reason = {0};
    struct master_cf *master_cf;

    if (config == NULL)
        return false;
    master_cf = master_cf_read(config, &reason);
    if (master_cf == NULL)
        log_warning("%s", reason.text);
    explaining.master_cf = master_cf;
    explaining.arena = arena_create();
    explaining.sender = address_unquote(explaining.arena, span_text(sender));
    open_proxied_directly(config, explaining.arena);
    open_tables(&explaining);
    for (size_t i = 0; i < addresses->count; i++)
        explain_one(&explaining, addresses->items[i]);
    close_tables(&explaining);
    arena_free(&explaining.arena);
    master_cf_free(&master_cf);
    config_free(&config);
    return true;
}
