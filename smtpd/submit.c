/* Handing a message to cleanup. */
#include "smtpd/submit.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/message/header.h"
#include "smtpd/access.h"

/* What later readers want to know of the client: bounce, milters, delivery agents. */
static void add_attributes(const struct smtpd_session *session, struct intake_request *request)
{
    const struct queue_attribute attributes[] = {
        {"client_name",                                           session->peer.name                 },
        {"reverse_client_name",                                   session->peer.reverse              },
        {"client_address",                                        session->peer.text                 },
        {"client_port",                                           arena_printf(session->mail_arena,    "%u", session->peer.port)},
        {"helo_name",                                    session->hello_name == NULL ? "" : session->hello_name                                                                      },
        {"protocol_name",smtpd_protocol(session)},
    };

    request->attributes =
        arena_array(session->mail_arena, struct queue_attribute, ARRAY_LENGTH(attributes) + 2);
    memcpy(request->attributes, attributes, sizeof(attributes));
    request->attribute_count = ARRAY_LENGTH(attributes);
    if (session->envelope.verp != NULL)
        request->attributes[request->attribute_count++] =
            (struct queue_attribute){QUEUE_ATTRIBUTE_VERP, session->envelope.verp};
    if (session->config->content_filter[0] != '\0')
        request->attributes[request->attribute_count++] =
            (struct queue_attribute){QUEUE_ATTRIBUTE_FILTER, session->config->content_filter};
}

const char *smtpd_submit_open(struct smtpd_session *session)
{
    const struct smtpd_envelope *envelope = &session->envelope;
    struct intake_request request = {
        .origin = INTAKE_NETWORK,
        .service = session->config->cleanup_service_name,
        .sender = envelope->sender,
        .dsn_envid = envelope->dsn_envid,
        .dsn_ret = envelope->dsn_ret,
        .flags = envelope->eight_bit ? QUEUE_BODY_8BITMIME : 0,
        .overrides = session->server->overrides,
        .arrival = clock_wall(),
        .size_hint = envelope->size,
    };
    struct error err = {0};
    const char *queue_id;

    if (session->intake != NULL)
        return NULL;
    request.rewrite_local = access_may_rewrite(session);
    add_attributes(session, &request);
    session->intake = intake_open(&session->server->cleanup, &request, &queue_id, &err);
    if (session->intake == NULL) {
        log_warning("no message can be taken: %s", err.text);
        return err.number == ENOSPC ? "452 4.3.1 Insufficient system storage" : SUBMIT_FAILED;
    }
    session->queue_id = arena_copy(session->mail_arena, queue_id);
    log_info("%s: client=%s", session->queue_id, session->peer.label);
    return NULL;
}

static bool note_failure(struct smtpd_session *session, const struct error *err)
{
    log_warning("%s: %s", session->queue_id, err->text);
    intake_free(&session->intake);
    return false;
}

bool smtpd_submit_begin(struct smtpd_session *session)
{
    struct buf *content = &session->server->content;
    struct error err = {0};

    buf_clear(content);
    session->content.thrown_away = session->envelope.orders.discard;
    if (!intake_recipients(session->intake, session->envelope.recipients,
                           session->envelope.recipient_count, &err))
        return note_failure(session, &err);
    buf_put(content, buf_span(&session->envelope.prepended));
    smtpd_received(session, content);
    session->content.first = content->len;
    return true;
}

/* The lines that a mailbox has before a message become fields; the first block holds them. A message that begins
 * with a blank has no header: else its first line would be one more of our own last field. */
static bool send_block(struct smtpd_session *session, struct span block, struct error *err)
{
    size_t at = session->content.first;

    session->content.first = 0;
    while (at > 0 && at < block.len && header_is_mailbox_line(span_skip(block, at))) {
        if (!intake_content(session->intake, span_first(block, at), err) ||
            !intake_content(session->intake, SPAN_LITERAL("X-Mailbox-Line: "), err))
            return false;
        block = span_skip(block, at);
        at = span_find(block, '\n') + 1;
    }
    if (at > 0 && at < block.len && (block.data[at] == ' ' || block.data[at] == '\t')) {
        if (!intake_content(session->intake, span_first(block, at), err) ||
            !intake_content(session->intake, SPAN_LITERAL("\n"), err))
            return false;
        block = span_skip(block, at);
    }
    return intake_content(session->intake, block, err);
}

bool smtpd_submit_content(struct smtpd_session *session)
{
    struct buf *content = &session->server->content;
    struct error err = {0};
    bool sent = session->content.thrown_away || send_block(session, buf_span(content), &err);

    buf_clear(content);
    return sent || note_failure(session, &err);
}

bool smtpd_submit_push(struct smtpd_session *session)
{
    struct error err = {0};

    return smtpd_submit_content(session) &&
           (session->content.thrown_away || intake_push(session->intake, &err) ||
            note_failure(session, &err));
}

const char *smtpd_submit_finish(struct smtpd_session *session, const char *octets)
{
    struct intake_outcome outcome = {0};
    struct error err = {0};

    if (session->envelope.ordered)
        intake_order(session->intake, &session->envelope.orders);
    if (session->content.thrown_away) {
        outcome.committed = true;
    } else if (!intake_finish(session->intake, session->command_arena, &outcome, &err)) {
        (void)note_failure(session, &err);
        return SUBMIT_FAILED;
    }
    intake_free(&session->intake);
    if (!outcome.committed)
        return arena_printf(session->command_arena, "%d %s %s",
                            outcome.code < 400 ? 451 : (int)outcome.code, outcome.status,
                            outcome.text);
    return arena_printf(session->command_arena, "250 2.0.0 Ok: %squeued as %s",
                        octets == NULL ? "" : octets, session->queue_id);
}
