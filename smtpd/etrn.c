/* ETRN: delivery of what is queued for a domain. RFC 1985. */
#include "lib/base/log.h"
#include "lib/io/hostname.h"
#include "lib/queue/flush_client.h"
#include "smtpd/access.h"
#include "smtpd/command.h"

static const char unable[] = "458 Unable to queue messages";

/* For the domains that have a record the flush service is asked; nobody else's mail is for clients to push. */
static enum flush_status ask_flush(struct smtpd_session *session, const char *domain)
{
    const struct flush_request request = {FLUSH_SEND_SITE, domain, ""};
    enum flush_status status = FLUSH_FAILED;
    struct error err = {0};

    switch (match_list_name(session->server->flush_domains, span_text(domain), &err)) {
    case MAP_ABSENT:
        return FLUSH_DENIED;
    case MAP_FOUND:
        status = flush_ask(session->config, &request, &err);
        break;
    case MAP_UNAVAILABLE:
        break;
    }
    if (status == FLUSH_FAILED && err.number != 0)
        log_warning("connect to public/%s: %s", session->config->flush_service_name,
                    strerror(err.number));
    else if (status == FLUSH_FAILED && err.kind != ERROR_NONE)
        log_warning("%s", err.text);
    return status;
}

static void flush(struct smtpd_session *session, const char *domain)
{
    switch (ask_flush(session, domain)) {
    case FLUSH_OK:
        smtpd_reply(session, "250 Queuing started");
        break;
    case FLUSH_DENIED:
        log_warning("reject: ETRN %.100s... from %s", domain, session->peer.label);
        smtpd_refuse(session, "459 <%s>: service unavailable", domain);
        break;
    case FLUSH_BAD:
        log_warning("bad ETRN %.100s... from %s", domain, session->peer.label);
        smtpd_refuse(session, "%s", unable);
        break;
    case FLUSH_FAILED:
        log_warning("unable to talk to fast flush service");
        smtpd_refuse(session, "%s", unable);
        break;
    }
}

/* ETRN [option]node-name: RFC 1985 section 5.3; an address literal is fine, too */
void run_etrn(struct smtpd_session *session, struct span arguments)
{
    struct span domain = span_take_word(&arguments);
    const char *refusal;

    if (session->config->smtpd_helo_required && session->hello_name == NULL) {
        smtpd_refuse(session, "503 Error: send HELO/EHLO first");
        return;
    }
    if (domain.len == 0 || arguments.len > 0) {
        smtpd_refuse(session, "500 Syntax: ETRN domain");
        return;
    }
    if (domain.data[0] == '@' || domain.data[0] == '#')
        domain = span_skip(domain, 1);
    if (!hostname_is_valid(domain) && !hostname_is_literal(domain)) {
        smtpd_refuse(session, "501 Error: invalid parameter syntax");
        return;
    }
    session->etrn_domain = arena_text(session->command_arena, domain);
    refusal = access_check_etrn(session);
    if (refusal != NULL)
        smtpd_refuse(session, "%s", refusal);
    else
        flush(session, session->etrn_domain);
    session->etrn_domain = NULL;
}
