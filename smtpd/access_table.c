/* check_..._access: which keys are looked up in a table. Source: access(5). */
#include "lib/base/log.h"
#include "lib/message/address.h"
#include "smtpd/access_rules.h"

#define KEYS_MAX  64
#define VALUE_MAX (16 * 1024)

struct keys {
    struct arena *arena;
    struct span keys[KEYS_MAX];
    bool partial[KEYS_MAX];
    size_t count;
};

static void add_key(struct keys *keys, struct span key, bool partial)
{
    if (keys->count == KEYS_MAX || key.len == 0)
        return;
    keys->keys[keys->count] = key;
    keys->partial[keys->count++] = partial;
}

/* host.domain.tld, then domain.tld and tld as parents; ".domain.tld" where parents are not meant to
 * match their subdomains (parent_domain_matches_subdomains). */
static void add_domain(struct keys *keys, const struct config *config, struct span domain,
                       bool partial)
{
    bool bare = strstr(config->parent_domain_matches_subdomains, "smtpd_access_maps") != NULL;
    size_t dot;

    add_key(keys, domain, partial);
    while (domain.len > 0 && domain.data[0] != '[' && (dot = span_find(domain, '.')) < domain.len) {
        add_key(keys, span_skip(domain, bare ? dot + 1 : dot), true);
        domain = span_skip(domain, dot + 1);
    }
}

/* 192.0.2.7, 192.0.2, 192.0, 192; or 2001:db8::7, 2001:db8:, 2001:db8, 2001 */
static void add_network(struct keys *keys, const struct smtpd_peer *peer)
{
    struct span address = span_text(peer->text);
    char separator = span_find(address, ':') < address.len ? ':' : '.';
    bool partial = false;

    while (address.len > 0) {
        size_t at = span_find_last(address, separator);

        add_key(keys, address, partial);
        partial = true;
        if (at == address.len)
            break;
        address = span_first(address, at);
    }
}

/* What tables know an address by: as it resolves, in lower case. */
static enum map_result key_form(struct access_check *check, const char *address,
                                const char **form_r, struct error *err)
{
    struct route_target target;
    enum map_result result = access_find_target(check, address, &target, err);
    char *form;

    if (result != MAP_FOUND)
        return result;
    form = arena_copy(check->session->command_arena, target.recipient);
    for (char *c = form; *c != '\0'; c++)
        *c = to_lower(*c);
    *form_r = form;
    return MAP_FOUND;
}

/* "user@domain" or "user@", in external form, and as it is in memory where that is another. */
static void add_user(struct keys *keys, struct span user, struct span domain, bool partial)
{
    const char *address =
        arena_printf(keys->arena, "%.*s@%.*s", SPAN_PRINTF(user), SPAN_PRINTF(domain));
    const char *external = address_quote(keys->arena, address);

    add_key(keys, span_text(external), partial);
    if (strcmp(external, address) != 0)
        add_key(keys, span_text(address), partial);
}

/* user+ext@domain, user@domain, the domain and its parents, user+ext@, user@ */
static void add_address(struct keys *keys, const struct config *config, const char *address)
{
    struct span localpart = address_localpart(address);
    struct span domain = address_domain(address);
    struct span user, extension;
    bool extended =
        address_split_extension(extension_rule_of(config), localpart, &user, &extension);

    add_user(keys, localpart, domain, false);
    if (extended)
        add_user(keys, user, domain, true);
    add_domain(keys, config, domain, true);
    add_user(keys, localpart, SPAN_EMPTY, true);
    if (extended)
        add_user(keys, user, SPAN_EMPTY, true);
}

static enum access_result look_up(struct access_check *check, const struct access_step *step,
                                  enum access_subject subject, const struct keys *keys)
{
    struct buf value = BUF(VALUE_MAX);
    struct error err = {0};
    enum access_result result = ACCESS_DUNNO;

    if (step->maps == NULL) {
        log_warning("restriction %s: bad argument \"%s\": need maptype:mapname", step->rule->name,
                    step->argument == NULL ? "" : step->argument);
        return access_misconfigured(check);
    }
    switch (maps_find_keys(step->maps, keys->keys, keys->partial, keys->count, MAP_FOLD_KEY, &value,
                           NULL, &err)) {
    case MAP_FOUND:
        result = access_obey(check, subject, step->argument, buf_span(&value));
        break;
    case MAP_ABSENT:
        break;
    case MAP_UNAVAILABLE:
        result = access_refuse(check, subject, 451, "4.3.5", "Server configuration error");
        break;
    }
    buf_release(&value);
    return result;
}

/* The client's names, then its networks. */
enum access_result access_table_client(struct access_check *check, const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    struct keys keys = {.arena = session->command_arena};

    add_domain(&keys, session->config, span_text(session->peer.name), false);
    add_network(&keys, &session->peer);
    return look_up(check, step, SUBJECT_CLIENT, &keys);
}

enum access_result access_table_reverse_client(struct access_check *check,
                                               const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    struct keys keys = {.arena = session->command_arena};

    add_domain(&keys, session->config, span_text(session->peer.reverse), false);
    add_network(&keys, &session->peer);
    return look_up(check, step, SUBJECT_REVERSE_CLIENT, &keys);
}

enum access_result access_table_helo(struct access_check *check, const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    struct keys keys = {.arena = session->command_arena};

    if (session->hello_name == NULL)
        return ACCESS_DUNNO;
    add_domain(&keys, session->config, span_text(session->hello_name), false);
    return look_up(check, step, SUBJECT_HELO, &keys);
}

enum access_result access_table_etrn(struct access_check *check, const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    struct keys keys = {.arena = session->command_arena};

    if (session->etrn_domain == NULL)
        return ACCESS_DUNNO;
    add_domain(&keys, session->config, span_text(session->etrn_domain), false);
    return look_up(check, step, SUBJECT_ETRN, &keys);
}

enum access_result access_table_sender(struct access_check *check, const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    const char *sender = session->envelope.sender;
    const char *form;
    struct keys keys = {.arena = session->command_arena};
    struct error err = {0};

    if (sender == NULL)
        return ACCESS_DUNNO;
    if (sender[0] == '\0')
        add_key(&keys, span_text(session->config->smtpd_null_access_lookup_key), false);
    else if (key_form(check, sender, &form, &err) != MAP_FOUND)
        return access_lookup_failed(check, sender);
    else
        add_address(&keys, session->config, form);
    return look_up(check, step, SUBJECT_SENDER, &keys);
}

enum access_result access_table_recipient(struct access_check *check,
                                          const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    const char *form;
    struct keys keys = {.arena = session->command_arena};
    struct error err = {0};

    if (session->recipient == NULL)
        return ACCESS_DUNNO;
    if (key_form(check, session->recipient, &form, &err) != MAP_FOUND)
        return access_lookup_failed(check, session->recipient);
    add_address(&keys, session->config, form);
    return look_up(check, step, SUBJECT_RECIPIENT, &keys);
}

/* local_header_rewrite_clients: whatever the table says, it says yes. */
enum access_result access_match_client(struct access_check *check, const struct access_step *step)
{
    struct keys keys = {.arena = check->session->command_arena};
    struct buf value = BUF(VALUE_MAX);
    struct error err = {0};
    bool found;

    add_network(&keys, &check->session->peer);
    found = step->maps != NULL && maps_find_keys(step->maps, keys.keys, keys.partial, keys.count,
                                                 MAP_FOLD_KEY, &value, NULL, &err) == MAP_FOUND;
    buf_release(&value);
    return found ? ACCESS_PERMIT : ACCESS_DUNNO;
}
