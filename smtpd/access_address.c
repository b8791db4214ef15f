/* Rules about sender and recipient: their form, their domains, whether they exist, relaying. */
#include "lib/delivery/status.h"
#include "lib/io/hostname.h"
#include "lib/message/address.h"
#include "smtpd/access_rules.h"

/* --- form and existence ------------------------------------------------------------------------------------ */

static enum access_result reject_non_fqdn(struct access_check *check, enum access_subject subject,
                                          const char *address)
{
    struct span domain = address == NULL ? SPAN_EMPTY : address_domain(address);

    if (address == NULL || address[0] == '\0' || (domain.len > 0 && domain.data[0] == '[') ||
        hostname_is_qualified(domain))
        return ACCESS_DUNNO;
    return access_refuse(check, subject, check->session->config->non_fqdn_reject_code, "5.5.2",
                         "need fully-qualified address");
}

enum access_result access_reject_non_fqdn_sender(struct access_check *check,
                                                 const struct access_step *step UNUSED)
{
    return reject_non_fqdn(check, SUBJECT_SENDER, check->session->envelope.sender);
}

enum access_result access_reject_non_fqdn_recipient(struct access_check *check,
                                                    const struct access_step *step UNUSED)
{
    return reject_non_fqdn(check, SUBJECT_RECIPIENT, check->session->recipient);
}

/* Where the target of this address is kept; NULL: nowhere. */
static struct route_target **kept_target(struct access_check *check, const char *address)
{
    if (address == check->session->recipient)
        return &check->target;
    if (address == check->session->envelope.sender)
        return &check->sender_target;
    return NULL;
}

enum map_result access_find_target(struct access_check *check, const char *address,
                                   struct route_target *target_r, struct error *err)
{
    struct smtpd_session *session = check->session;
    struct route *route = session->server->route;
    struct arena *arena = session->command_arena;
    const char *sender = session->envelope.sender == NULL ? "" : session->envelope.sender;
    struct route_target **kept = kept_target(check, address);
    enum map_result result;

    if (kept != NULL && *kept != NULL) {
        *target_r = **kept;
        return MAP_FOUND;
    }
    result = route_resolve(route, arena, sender, route_rewrite(route, arena, address, false),
                           target_r, err);
    if (kept != NULL && result == MAP_FOUND) {
        *kept = arena_new(arena, struct route_target);
        **kept = *target_r;
    }
    return result;
}

static int unlisted_code(const struct config *config, enum address_class class)
{
    switch (class) {
    case CLASS_LOCAL:
        return config->unknown_local_recipient_reject_code;
    case CLASS_VIRTUAL_ALIAS:
        return config->unknown_virtual_alias_reject_code;
    case CLASS_VIRTUAL_MAILBOX:
        return config->unknown_virtual_mailbox_reject_code;
    case CLASS_RELAY:
        return config->unknown_relay_recipient_reject_code;
    case CLASS_DEFAULT:
        break;
    }
    return 550;
}

/* `table` does not have it; NULL: its transport is error or retry, with the reason as next hop. */
static enum access_result refuse_unlisted(struct access_check *check, enum access_subject subject,
                                          const struct route_target *target, const char *table)
{
    const struct config *config = check->session->config;
    struct arena *arena = check->session->command_arena;
    const char *status = subject == SUBJECT_SENDER && target->class != CLASS_VIRTUAL_ALIAS
                             ? "5.1.0"
                             : "5.1.1"; /* of a sender it becomes 5.1.7 */
    struct delivery_status reason;

    if (table == NULL) {
        reason = delivery_status_split(arena, target->nexthop, status);
        return access_refuse(check, subject, strcmp(target->transport, "retry") == 0 ? 450 : 550,
                             reason.code, reason.text);
    }
    return access_refuse(check, subject, unlisted_code(config, target->class), status,
                         config->show_user_unknown_table_name
                             ? arena_printf(arena, "User unknown in %s", table)
                             : "User unknown");
}

enum access_result access_reject_unlisted(struct access_check *check, enum access_subject subject,
                                          const char *address)
{
    struct smtpd_session *session = check->session;
    struct route_target target;
    const char *table = NULL;
    struct error err = {0};
    enum map_result result;

    if (address == NULL || address[0] == '\0')
        return ACCESS_DUNNO;
    result = access_find_target(check, address, &target, &err);
    if (result == MAP_FOUND)
        result = route_recipient_exists(session->server->route, &target, &table, &err);
    switch (result) {
    case MAP_FOUND:
        break;
    case MAP_ABSENT:
        return refuse_unlisted(check, subject, &target, table);
    case MAP_UNAVAILABLE:
        return access_lookup_failed(check, address);
    }
    return ACCESS_DUNNO;
}

enum access_result access_reject_unlisted_sender(struct access_check *check,
                                                 const struct access_step *step UNUSED)
{
    return access_reject_unlisted(check, SUBJECT_SENDER, check->session->envelope.sender);
}

enum access_result access_reject_unlisted_recipient(struct access_check *check,
                                                    const struct access_step *step UNUSED)
{
    check->existence_checked = true;
    return access_reject_unlisted(check, SUBJECT_RECIPIENT, check->session->recipient);
}

enum access_result access_reject_multi_recipient_bounce(struct access_check *check,
                                                        const struct access_step *step UNUSED)
{
    const struct smtpd_envelope *envelope = &check->session->envelope;
    size_t limit = check->subject == SUBJECT_RECIPIENT ? 0 : 1;

    if (envelope->sender == NULL || envelope->sender[0] != '\0' ||
        envelope->recipient_count <= limit)
        return ACCESS_DUNNO;
    return access_refuse(check, check->subject,
                         check->session->config->multi_recipient_bounce_reject_code, "5.5.3",
                         "Multi-recipient bounce");
}

/* --- domains in the DNS --------------------------------------------------------------------------- */

static enum access_result reject_unknown_domain(struct access_check *check,
                                                enum access_subject subject, const char *address)
{
    const struct config *config = check->session->config;
    struct span domain = address == NULL ? SPAN_EMPTY : address_domain(address);
    const char *status = subject == SUBJECT_SENDER ? "4.1.8" : "4.1.2";
    struct route_target target;
    struct error err = {0};
    const char *text;

    if (domain.len == 0 || domain.data[0] == '[')
        return ACCESS_DUNNO;
    if (access_find_target(check, address, &target, &err) != MAP_FOUND)
        return access_lookup_failed(check, address);
    if (target.class != CLASS_DEFAULT)
        return ACCESS_DUNNO;
    switch (access_find_domain(check, arena_text(check->session->command_arena, domain))) {
    case DOMAIN_EXISTS:
        break;
    case DOMAIN_ABSENT:
        return access_refuse(check, subject, config->unknown_address_reject_code, status,
                             "Domain not found");
    case DOMAIN_UNKNOWN:
        return access_no_answer(check, subject, config->unknown_address_tempfail_action, status,
                                "Domain not found");
    case DOMAIN_NULL_MX:
        text = arena_printf(check->session->command_arena,
                            "Domain %.*s does not accept mail (nullMX)", SPAN_PRINTF(domain));
        return subject == SUBJECT_SENDER ? access_refuse(check, subject, 550, "5.7.27", text)
                                         : access_refuse(check, subject, 556, "5.1.10", text);
    }
    return ACCESS_DUNNO;
}

enum access_result access_reject_unknown_sender_domain(struct access_check *check,
                                                       const struct access_step *step UNUSED)
{
    return reject_unknown_domain(check, SUBJECT_SENDER, check->session->envelope.sender);
}

enum access_result access_reject_unknown_recipient_domain(struct access_check *check,
                                                          const struct access_step *step UNUSED)
{
    return reject_unknown_domain(check, SUBJECT_RECIPIENT, check->session->recipient);
}

/* --- relaying ------------------------------------------------------------------------------------- */

/* FOUND: the recipient is in one of our domains. */
static enum map_result is_auth_destination(struct access_check *check)
{
    const char *recipient = check->session->recipient;
    struct route_target target;
    struct error err = {0};
    enum map_result result;

    if (recipient == NULL)
        return MAP_ABSENT;
    result = access_find_target(check, recipient, &target, &err);
    if (result != MAP_FOUND)
        return MAP_UNAVAILABLE;
    if (target.class == CLASS_DEFAULT ||
        (target.is_routed && !check->session->config->allow_untrusted_routing))
        return MAP_ABSENT;
    return MAP_FOUND;
}

enum access_result access_permit_auth_destination(struct access_check *check,
                                                  const struct access_step *step UNUSED)
{
    enum map_result result = is_auth_destination(check);

    if (result == MAP_UNAVAILABLE)
        return access_lookup_failed(check, check->session->recipient);
    return result == MAP_FOUND
               ? access_permit(check, SUBJECT_RECIPIENT, "permit_auth_destination", "")
               : ACCESS_DUNNO;
}

static enum access_result refuse_relay(struct access_check *check, int code, const char *status)
{
    if (check->session->recipient == NULL)
        return ACCESS_DUNNO;
    switch (is_auth_destination(check)) {
    case MAP_FOUND:
        break;
    case MAP_ABSENT:
        return access_refuse_plain(check, "%d %s <%s>: Relay access denied", code, status,
                                   check->session->recipient);
    case MAP_UNAVAILABLE:
        return access_lookup_failed(check, check->session->recipient);
    }
    return ACCESS_DUNNO;
}

enum access_result access_reject_unauth_destination(struct access_check *check,
                                                    const struct access_step *step UNUSED)
{
    int code = check->session->config->relay_domains_reject_code;

    return refuse_relay(check, code, code / 100 == 4 ? "4.7.1" : "5.7.1");
}

enum access_result access_defer_unauth_destination(struct access_check *check,
                                                   const struct access_step *step UNUSED)
{
    return refuse_relay(check, 454, "4.7.1");
}
