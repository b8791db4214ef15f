/* A mail transaction: MAIL, RCPT for each recipient, DATA. RFC 5321 section 3.3; pipelined where the
 * server allows it (RFC 2920); with a reply for each recipient in LMTP (RFC 2033). */
#include "smtp/command.h"
#include "smtp/delivery.h"

#define PIPELINE_MAX 100 /* commands without a reply: their replies must fit the socket's buffers */

enum step_kind { STEP_RSET, STEP_MAIL, STEP_RCPT, STEP_DATA };

/* One command of the transaction; they are answered in order. */
struct step {
    enum step_kind kind;
    size_t recipient; /* STEP_RCPT */
};

struct mail {
    struct delivery *delivery;
    struct session *session;
    struct arena *arena;
    struct step *steps;
    size_t count, sent, answered;
    bool *accepted; /* recipients */
    size_t accepted_count;
    bool aborted;   /* MAIL was refused: what is answered after it means nothing */
    bool downgrade; /* 8-bit content to a server that takes 7 bits */
};

static bool has(const struct mail *mail, unsigned feature)
{
    return (mail->session->features & feature) != 0;
}

static const char *command_of(const struct mail *mail, const struct step *step)
{
    const struct delivery_request *request = &mail->delivery->outgoing.request;
    const struct session *session = mail->session;

    switch (step->kind) {
    case STEP_RSET:
        return "RSET";
    case STEP_MAIL:
        return command_mail(mail->arena, session->settings, session->features, request);
    case STEP_RCPT:
        return command_rcpt(mail->arena, session->settings, session->features,
                            &request->recipients[step->recipient]);
    case STEP_DATA:
        break;
    }
    return "DATA";
}

/* --- replies -------------------------------------------------------------------------------------- */

static void fail_accepted(struct mail *mail, const struct failure *failure)
{
    for (size_t i = 0; i < mail->delivery->request->recipient_count; i++) {
        if (mail->accepted[i])
            delivery_fail(mail->delivery, i, mail->session, failure);
    }
}

static void hear_mail(struct mail *mail)
{
    struct failure failure;

    if (mail->session->reply.code / 100 == 2) {
        mail->session->dirty = true;
        return;
    }
    mail->aborted = true;
    failure = session_refusal(mail->session, mail->arena, "MAIL FROM command");
    delivery_fail_all(mail->delivery, mail->session, &failure);
}

static void hear_rcpt(struct mail *mail, size_t recipient)
{
    struct failure failure;

    if (mail->aborted)
        return;
    if (mail->session->reply.code / 100 == 2) {
        mail->accepted[recipient] = true;
        mail->accepted_count++;
        return;
    }
    failure = session_refusal(mail->session, mail->arena, "RCPT TO command");
    delivery_fail(mail->delivery, recipient, mail->session, &failure);
}

static void hear(struct mail *mail, const struct step *step)
{
    struct failure failure;

    switch (step->kind) {
    case STEP_RSET:
        mail->session->dirty = false;
        break;
    case STEP_MAIL:
        hear_mail(mail);
        break;
    case STEP_RCPT:
        hear_rcpt(mail, step->recipient);
        break;
    case STEP_DATA:
        if (mail->session->reply.code / 100 == 3 || mail->aborted)
            break;
        failure = session_refusal(mail->session, mail->arena, "DATA command");
        fail_accepted(mail, &failure);
        mail->accepted_count = 0;
        break;
    }
}

static bool listen_to(struct mail *mail, const struct step *step, struct failure *failure_r)
{
    const struct settings *settings = mail->session->settings;
    int timeout_s = 0;
    const char *doing = "";

    switch (step->kind) {
    case STEP_RSET:
        timeout_s = settings->rset_timeout;
        doing = "sending RSET command";
        break;
    case STEP_MAIL:
        timeout_s = settings->mail_timeout;
        doing = "sending MAIL FROM";
        break;
    case STEP_RCPT:
        timeout_s = settings->rcpt_timeout;
        doing = "sending RCPT TO";
        break;
    case STEP_DATA:
        timeout_s = settings->data_init_timeout;
        doing = "sending DATA command";
        break;
    }
    return session_listen(mail->session, mail->arena, timeout_s, doing, failure_r);
}

/* --- the transaction ------------------------------------------------------------------------------ */

static void plan(struct mail *mail)
{
    const struct delivery_request *request = mail->delivery->request;

    mail->steps = arena_array(mail->arena, struct step, request->recipient_count + 3);
    if (mail->session->dirty)
        mail->steps[mail->count++] = (struct step){.kind = STEP_RSET};
    mail->steps[mail->count++] = (struct step){.kind = STEP_MAIL};
    for (size_t i = 0; i < request->recipient_count; i++) {
        if (!mail->delivery->done[i])
            mail->steps[mail->count++] = (struct step){.kind = STEP_RCPT, .recipient = i};
    }
    mail->steps[mail->count++] = (struct step){.kind = STEP_DATA};
}

/* DATA without any recipient is not worth saying when we know it in time. */
static bool is_pointless(const struct mail *mail, const struct step *step)
{
    return mail->aborted ||
           (step->kind == STEP_DATA && mail->answered == mail->sent && mail->accepted_count == 0);
}

/* Envelope and DATA. False: the connection was lost. */
static bool send_envelope(struct mail *mail, struct failure *failure_r)
{
    size_t window = has(mail, FEATURE_PIPELINING) ? PIPELINE_MAX : 1;

    while (mail->answered < mail->count) {
        while (mail->sent < mail->count && mail->sent - mail->answered < window &&
               !is_pointless(mail, &mail->steps[mail->sent]))
            session_say(mail->session, command_of(mail, &mail->steps[mail->sent++]));
        if (mail->answered == mail->sent)
            return true; /* the rest is pointless */
        if (!listen_to(mail, &mail->steps[mail->answered], failure_r))
            return false;
        hear(mail, &mail->steps[mail->answered++]);
    }
    return true;
}

/* DATA was answered with 354: something must be sent. */
static bool is_data_open(const struct mail *mail)
{
    return mail->answered == mail->count && mail->session->reply.code / 100 == 3;
}

static void hear_end(struct mail *mail, size_t recipient)
{
    struct failure failure;

    if (mail->session->reply.code / 100 == 2) {
        delivery_sent(mail->delivery, recipient, mail->session);
        return;
    }
    failure = session_refusal(mail->session, mail->arena, "end of DATA command");
    delivery_fail(mail->delivery, recipient, mail->session, &failure);
}

/* One reply for all in SMTP, one for each in LMTP. */
static bool hear_ends(struct mail *mail, struct failure *failure_r)
{
    static const char doing[] = "sending end of data -- message may be sent more than once";
    const struct settings *settings = mail->session->settings;
    bool heard = false;

    for (size_t i = 0; i < mail->delivery->request->recipient_count; i++) {
        if (!mail->accepted[i])
            continue;
        if ((!heard || settings->lmtp) &&
            !session_listen(mail->session, mail->arena, settings->data_done_timeout, doing,
                            failure_r))
            return false;
        heard = true;
        mail->accepted[i] = false;
        hear_end(mail, i);
    }
    return true;
}

/* The server wants content although it took no recipient: an empty message, whatever it says. */
static bool send_nothing(struct mail *mail, struct failure *failure_r)
{
    session_say(mail->session, ".");
    return session_listen(mail->session, mail->arena, mail->session->settings->data_done_timeout,
                          "sending end of data", failure_r);
}

static bool run(struct mail *mail, struct failure *failure_r)
{
    if (!send_envelope(mail, failure_r))
        return false;
    if (!is_data_open(mail))
        return true;
    if (mail->accepted_count == 0)
        return send_nothing(mail, failure_r);
    if (!content_send(mail->delivery, mail->session, mail->downgrade, failure_r) ||
        !hear_ends(mail, failure_r))
        return false;
    mail->session->dirty = false;
    return true;
}

/* What need not be tried with this server; true: *failure_r says why. */
static bool is_hopeless(const struct mail *mail, struct failure *failure_r)
{
    uint64_t size = mail->delivery->outgoing.request.content_size;

    if (!has(mail, FEATURE_SIZE) || mail->session->size_limit == 0 ||
        size <= mail->session->size_limit)
        return false;
    *failure_r = (struct failure){
        .status = "5.3.4",
        .text = arena_printf(mail->arena,
                             "message size %" PRIu64 " exceeds size limit %" PRIu64 " of server %s",
                             size, mail->session->size_limit, mail->session->label),
    };
    return true;
}

enum mail_result mail_send(struct delivery *delivery, struct session *session)
{
    const struct delivery_request *request = &delivery->outgoing.request;
    bool reused = session->uses++ > 0;
    struct failure failure;
    struct mail mail = {
        .delivery = delivery,
        .session = session,
        .arena = delivery->arena,
        .accepted = arena_array(delivery->arena, bool, request->recipient_count),
    };

    if (is_hopeless(&mail, &failure)) {
        delivery_fail_all(delivery, session, &failure);
        return MAIL_TRIED;
    }
    mail.downgrade = command_is_eight_bit(request) && !has(&mail, FEATURE_8BITMIME) &&
                     !session->settings->config->disable_mime_output_conversion;
    plan(&mail);
    if (run(&mail, &failure))
        return MAIL_TRIED;
    if (reused && mail.answered == 0)
        return MAIL_STALE;
    if (!mail.aborted) /* else the server has said why it hung up */
        delivery_fail_all(delivery, session, &failure);
    return MAIL_TRIED;
}
