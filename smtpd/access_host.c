/* Rules about the client: its address, its name, what it said in HELO. */
#include "lib/base/log.h"
#include "lib/io/hostname.h"
#include "smtpd/access_rules.h"

/* --- the client ----------------------------------------------------------------------------------- */

enum access_result access_permit_mynetworks(struct access_check *check,
                                            const struct access_step *step UNUSED)
{
    struct smtpd_session *session = check->session;
    struct error err = {0};
    enum map_result result = session->peer.in_mynetworks;

    if (!session->peer.mynetworks_asked || result == MAP_UNAVAILABLE) {
        result = match_list_client(session->server->mynetworks, span_text(session->peer.name),
                                   &session->peer.address, &err);
        session->peer.in_mynetworks = result;
        session->peer.mynetworks_asked = true;
    }
    if (result == MAP_UNAVAILABLE)
        return access_lookup_failed(check, access_subject_name(session, check->subject));
    return result == MAP_FOUND ? access_permit(check, SUBJECT_CLIENT, "permit_mynetworks", "")
                               : ACCESS_DUNNO;
}

enum access_result access_permit_inet_interfaces(struct access_check *check,
                                                 const struct access_step *step UNUSED)
{
    return check->session->peer.is_this_host
               ? access_permit(check, SUBJECT_CLIENT, "permit_inet_interfaces", "")
               : ACCESS_DUNNO;
}

enum access_result access_reject_unknown_client_hostname(struct access_check *check,
                                                         const struct access_step *step UNUSED)
{
    const struct smtpd_peer *peer = &check->session->peer;

    if (strcmp(peer->name, "unknown") != 0)
        return ACCESS_DUNNO;
    return access_refuse_plain(
        check, "%d 4.7.25 Client host rejected: cannot find your hostname, [%s]",
        peer->name_may_come ? 450 : check->session->config->unknown_client_reject_code, peer->text);
}

enum access_result
access_reject_unknown_reverse_client_hostname(struct access_check *check,
                                              const struct access_step *step UNUSED)
{
    const struct smtpd_peer *peer = &check->session->peer;

    if (strcmp(peer->reverse, "unknown") != 0)
        return ACCESS_DUNNO;
    return access_refuse_plain(
        check, "%d 4.7.25 Client host rejected: cannot find your reverse hostname, [%s]",
        peer->reverse_may_come ? 450 : check->session->config->unknown_client_reject_code,
        peer->text);
}

enum access_result access_reject_plaintext_session(struct access_check *check,
                                                   const struct access_step *step UNUSED)
{
    const int code = check->session->config->plaintext_reject_code;

    if (check->session->tls != NULL)
        return ACCESS_DUNNO;
    return access_refuse_plain(check, "%d %c.7.1 Session encryption is required", code,
                               code < 500 ? '4' : '5');
}

/* The client spoke before it was its turn. In DATA that is so even with PIPELINING. */
enum access_result access_reject_unauth_pipelining(struct access_check *check,
                                                   const struct access_step *step UNUSED)
{
    const struct smtpd_session *session = check->session;

    if (!stream_has_input(session->client) ||
        (session->is_esmtp && strcmp(session->where, "DATA") != 0))
        return ACCESS_DUNNO;
    return access_refuse(check, check->subject, 503, "5.5.0",
                         "Improper use of SMTP command pipelining");
}

/* --- what HELO said ------------------------------------------------------------------------------- */

enum access_result access_reject_invalid_helo_hostname(struct access_check *check,
                                                       const struct access_step *step UNUSED)
{
    const char *name = check->session->hello_name;
    int code = check->session->config->invalid_hostname_reject_code;

    if (name == NULL)
        return ACCESS_DUNNO;
    if (name[0] == '[' && !hostname_is_literal(span_text(name)))
        return access_refuse(check, SUBJECT_HELO, code, "5.5.2", "invalid ip address");
    if (name[0] != '[' && !hostname_is_valid(span_text(name)) &&
        !hostname_is_address(span_text(name)))
        return access_refuse(check, SUBJECT_HELO, code, "5.5.2", "Invalid name");
    return ACCESS_DUNNO;
}

enum access_result access_reject_non_fqdn_helo_hostname(struct access_check *check,
                                                        const struct access_step *step UNUSED)
{
    const char *name = check->session->hello_name;

    if (name == NULL || hostname_is_literal(span_text(name)) ||
        hostname_is_qualified(span_text(name)))
        return ACCESS_DUNNO;
    return access_refuse(check, SUBJECT_HELO, check->session->config->non_fqdn_reject_code, "5.5.2",
                         "need fully-qualified hostname");
}

/* --- domains in the DNS --------------------------------------------------------------------------- */

enum domain_answer access_find_domain(struct access_check *check, const char *domain)
{
    struct smtpd_session *session = check->session;
    struct dns_mx *mx;
    struct address_socket *addresses;
    size_t count;
    struct error err = {0};
    enum dns_result result =
        dns_find_mx(session->server->dns, session->command_arena, domain, &mx, &count, &err);

    if (result == DNS_FOUND)
        return count == 1 && strcmp(mx[0].host, ".") == 0 ? DOMAIN_NULL_MX : DOMAIN_EXISTS;
    if (result == DNS_ABSENT)
        result = dns_find_addresses(session->server->dns, session->command_arena, domain, 0,
                                    &addresses, &count, &err);
    if (result == DNS_UNAVAILABLE)
        log_warning("look-up of %s: %s", domain, err.text);
    return result == DNS_FOUND    ? DOMAIN_EXISTS
           : result == DNS_ABSENT ? DOMAIN_ABSENT
                                  : DOMAIN_UNKNOWN;
}

enum access_result access_no_answer(struct access_check *check, enum access_subject subject,
                                    const char *action, const char *status, const char *text)
{
    if (strcmp(action, "defer") == 0)
        return access_refuse(check, subject, 450, status, text);
    return access_defer_if_permit(check, subject, status, text);
}

enum access_result access_reject_unknown_helo_hostname(struct access_check *check,
                                                       const struct access_step *step UNUSED)
{
    const struct config *config = check->session->config;
    const char *name = check->session->hello_name;

    if (name == NULL || hostname_is_literal(span_text(name)))
        return ACCESS_DUNNO;
    switch (access_find_domain(check, name)) {
    case DOMAIN_EXISTS:
    case DOMAIN_NULL_MX:
        break;
    case DOMAIN_ABSENT:
        return access_refuse(check, SUBJECT_HELO, config->unknown_hostname_reject_code, "4.7.1",
                             "Host not found");
    case DOMAIN_UNKNOWN:
        return access_no_answer(check, SUBJECT_HELO, config->unknown_helo_hostname_tempfail_action,
                                "4.7.1", "Host not found");
    }
    return ACCESS_DUNNO;
}
