/* buzonconf -E: what becomes of mail to an address. */
#include "tools/conf/explain.h"

#include "lib/base/log.h"
#include "lib/config/parameter.h"
#include "lib/message/address.h"
#include "tools/conf/explaining.h"

#define COPY_MAX 4096 /* octets of an address that gets blind copies */

void explain_unavailable(struct explaining *explaining, const struct error *err)
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

    switch (route_recipient_exists(explaining->route, target, &table, &err)) {
    case MAP_FOUND:
        break;
    case MAP_ABSENT:
        explanation_fact(&explaining->text, "recipient", refusal_of(explaining, target, table));
        return;
    case MAP_UNAVAILABLE:
        explain_unavailable(explaining, &err);
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
        explain_unavailable(explaining, &err);
        return;
    }
    explanation_fact(&explaining->text, "class", class_name(target.class));
    tell_acceptance(explaining, &target);
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
    } else if (strcmp(service->command, "smtp") == 0 || strcmp(service->command, "lmtp") == 0) {
        explanation_stage(&explaining->text, service->command);
        explain_smtp(explaining, service->command, target->recipient);
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
        explain_unavailable(explaining, &err);
        return;
    }
    tell_change(explaining, "becomes", recipient, target.recipient);
    explanation_fact(&explaining->text, "class", class_name(target.class));
    explanation_fact(&explaining->text, "transport", target.transport);
    explanation_fact(&explaining->text, "next hop", target.nexthop);
    explain_delivery(explaining, &target);
}

/* --- cleanup: who gets it? ---------------------------------------------------------------------------- */

static void tell_copy(struct explaining *explaining, struct maps *maps, const char *address)
{
    enum address_class class = CLASS_DEFAULT;
    struct buf copy = BUF(COPY_MAX);
    struct error err = {0};
    enum map_result result = route_class(explaining->route, address_domain(address), &class, &err);

    if (result != MAP_UNAVAILABLE)
        result = maps_find_address(maps, span_text(address), ADDRESS_KEY_ALL, class == CLASS_LOCAL,
                                   extension_rule_of(explaining->config), &copy, NULL, &err);
    if (result == MAP_FOUND)
        explanation_fact(&explaining->text, "blind copy", buf_text(&copy));
    else if (result == MAP_UNAVAILABLE)
        explain_unavailable(explaining, &err);
    buf_release(&copy);
}

/* What comes from outside is copied, by sender, by recipient and always. */
static void tell_copies(struct explaining *explaining, const char *address)
{
    const char *always = explaining->config->always_bcc;

    if (explaining->sender[0] != '\0')
        tell_copy(explaining, explaining->sender_copies, explaining->sender);
    tell_copy(explaining, explaining->recipient_copies, address);
    if (always[0] != '\0')
        explanation_fact(&explaining->text, "blind copy", always);
}

static void explain_expansion(struct explaining *explaining, const char *address)
{
    const char **recipients;
    size_t count;
    struct error err = {0};

    if (route_expand_aliases(explaining->route, explaining->arena, address, &recipients, &count,
                             &err) == MAP_UNAVAILABLE) {
        explain_unavailable(explaining, &err);
        return;
    }
    for (size_t i = 0; i < count; i++)
        explanation_fact(&explaining->text, "recipient", recipients[i]);
    tell_copies(explaining, address);
    for (size_t i = 0; i < count; i++)
        explain_qmgr(explaining, recipients[i]);
}

void explain_resent(struct explaining *explaining, const char *address)
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
        explain_unavailable(explaining, &err);
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

/* The tables of daemons that have no room in lib/ for them. */
#define TABLES(T)                                                                                  \
    T(aliases, alias_maps)                                                                         \
    T(recipient_copies, recipient_bcc_maps)                                                        \
    T(sender_copies, sender_bcc_maps)                                                              \
    T(smtp_generic, smtp_generic_maps)                                                             \
    T(lmtp_generic, lmtp_generic_maps)

static void open_tables(struct explaining *explaining)
{
    const struct config *config = explaining->config;

    explaining->route = route_create(config, false);
    explaining->finder = mailbox_finder_create(config, false);
#define T(member, parameter)                                                                       \
    explaining->member = maps_open(config, config->parameter, false);                              \
    maps_watch(explaining->member, #parameter, explanation_look_up, &explaining->text);
    TABLES(T)
#undef T
    route_watch(explaining->route, explanation_look_up, &explaining->text);
    mailbox_finder_watch(explaining->finder, explanation_look_up, &explaining->text);
}

static void close_tables(struct explaining *explaining)
{
#define T(member, parameter) maps_free(&explaining->member);
    TABLES(T)
#undef T
    mailbox_finder_free(&explaining->finder);
    route_free(&explaining->route);
}

static void explain_one(struct explaining *explaining, const char *external)
{
    const char *address = address_unquote(explaining->arena, span_text(external));

    explaining->text.address = external;
    explaining->told = hash_create();
    if (!explaining->text.json)
        buf_put_printf(explaining->text.out, "%s\n", external);
    if (*address == '\0')
        address = explaining->config->empty_address_recipient;
    explain_smtpd(explaining, address);
    explain_resent(explaining, address);
    hash_free(&explaining->told, NULL);
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

    if (config == NULL || !config_check(config, NULL, err)) {
        config_free(&config);
        return false;
    }
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
