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

/* user+ext@domain, user@domain, the domain and its parents, user+ext@, user@ */
static void add_address(struct keys *keys, const struct config *config, const char *address)
{
    struct span localpart = address_localpart(address);
    struct span domain = address_domain(address);
    struct span user, extension;
    bool extended =
        address_split_extension(config->recipient_delimiter, localpart, &user, &extension);

    add_key(keys, span_text(address), false);
    if (extended)
        add_key(keys,
                span_text(
                    arena_printf(keys->arena, "%.*s@%.*s", SPAN_PRINTF(user), SPAN_PRINTF(domain))),
                true);
    add_domain(keys, config, domain, true);
    add_key(keys, span_text(arena_printf(keys->arena, "%.*s@", SPAN_PRINTF(localpart))), true);
    if (extended)
        add_key(keys, span_text(arena_printf(keys->arena, "%.*s@", SPAN_PRINTF(user))), true);
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

enum access_result access_table_helo(struct access_check *check, const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    struct keys keys = {.arena = session->command_arena};

    if (session->hello_name == NULL)
        return ACCESS_DUNNO;
    add_domain(&keys, session->config, span_text(session->hello_name), false);
    return look_up(check, step, SUBJECT_HELO, &keys);
}

enum access_result access_table_sender(struct access_check *check, const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    const char *sender = session->envelope.sender;
    struct keys keys = {.arena = session->command_arena};

    if (sender == NULL)
        return ACCESS_DUNNO;
    if (sender[0] == '\0')
        add_key(&keys, span_text(session->config->smtpd_null_access_lookup_key), false);
    else
        add_address(&keys, session->config, sender);
    return look_up(check, step, SUBJECT_SENDER, &keys);
}

enum access_result access_table_recipient(struct access_check *check,
                                          const struct access_step *step)
{
    struct smtpd_session *session = check->session;
    struct keys keys = {.arena = session->command_arena};

    if (session->recipient == NULL)
        return ACCESS_DUNNO;
    add_address(&keys, session->config, session->recipient);
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
