/* Transcripts of sessions for the postmaster (lib/queue/transcript.h). */
#include "lib/queue/transcript.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/map/debug_peer.h"
#include "lib/message/date.h"
#include "lib/queue/intake.h"
#include "lib/queue/postmaster.h"

#define TEXT_MAX ((size_t)256 * 1024) /* octets of a transcript; the rest is not told */
#define LINE_LEN 78                   /* where lines are folded */

static const struct {
    const char *name; /* in notify_classes */
    enum transcript_class class;
} classes[] = {
    {"bounce",   TRANSCRIPT_BOUNCE  },
    {"policy",   TRANSCRIPT_POLICY  },
    {"protocol", TRANSCRIPT_PROTOCOL},
    {"resource", TRANSCRIPT_RESOURCE},
    {"software", TRANSCRIPT_SOFTWARE},
};

void transcript_begin(struct transcript *transcript, const struct config *config)
{
    *transcript = (struct transcript){.config = config, .text = BUF(TEXT_MAX)};
    for (size_t i = 0; i < ARRAY_LENGTH(classes); i++) {
        if (postmaster_wants(config, classes[i].name))
            transcript->wanted |= (unsigned)classes[i].class;
    }
}

void transcript_release(struct transcript *transcript)
{
    buf_release(&transcript->text);
}

/* --- what is said --------------------------------------------------------------------------------------- */

/* A word as it may be shown. */
static bool put_word(struct buf *text, struct span word)
{
    size_t at = text->len;

    if (!buf_append_span(text, word))
        return false;
    for (; at < text->len; at++) {
        const unsigned char octet = (unsigned char)text->data[at];

        if (octet < ' ' || octet > '~')
            text->data[at] = '?';
    }
    return true;
}

/* Words of a line, with those that do not fit on it in lines below; false: there is no more room. */
static bool put_line(struct buf *text, bool is_ours, struct span line)
{
    size_t column = strlen(" Out: ");
    bool fits = buf_append_text(text, is_ours ? " Out: " : " In:  ");
    bool is_first = true;

    for (struct span word; fits && line.len > 0; is_first = false) {
        word = span_take_word(&line);
        if (!is_first && column + 1 + word.len > LINE_LEN) {
            fits = buf_append_text(text, "\n     ");
            column = strlen("     ");
        } else if (!is_first) {
            fits = buf_append_text(text, " ");
            column++;
        }
        fits = fits && put_word(text, word);
        column += word.len;
    }
    return fits && buf_append_text(text, "\n");
}

void transcript_line(struct transcript *transcript, bool is_ours, struct span text)
{
    while (transcript->wanted != 0 && text.len > 0) {
        struct span line = span_take_until(&text, '\n');

        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        transcript->lines++;
        if (!put_line(&transcript->text, is_ours, debug_peers_public(line)))
            return;
    }
}

void transcript_error(struct transcript *transcript, enum transcript_class class)
{
    transcript->seen |= (unsigned)class;
}

enum transcript_class transcript_class_of(const char *reply)
{
    struct span text = span_text(reply);
    const struct span code = span_take_word(&text);
    const char *detail; /* ".1.1" of "550 5.1.1 ..." */

    if (code.len != 3 || (code.data[0] != '4' && code.data[0] != '5'))
        return 0;
    detail = text.len > 1 && text.data[0] == code.data[0] ? text.data + 1 : "";
    if (span_equal_text_nocase(code, "452") || strncmp(detail, ".3.1", 4) == 0)
        return TRANSCRIPT_RESOURCE;
    if (strncmp(detail, ".3.", 3) == 0)
        return TRANSCRIPT_SOFTWARE;
    if (span_starts_with(code, "50") || span_equal_text_nocase(code, "555") ||
        strncmp(detail, ".5.", 3) == 0)
        return TRANSCRIPT_PROTOCOL;
    return strncmp(detail, ".1.1", 4) == 0 ? TRANSCRIPT_BOUNCE : TRANSCRIPT_POLICY;
}

/* --- the message ------------------------------------------------------------------------------------------- */

struct letter {
    const struct transcript *transcript;
    struct arena *arena;
    const char *subject, *before, *reason;
};

static struct span compose(const struct letter *letter, const char *recipient, const char *queue_id)
{
    const struct config *config = letter->transcript->config;
    char date[DATE_TEXT_MAX];
    const char *text;

    date_format(clock_wall().tv_sec, date);
    text = arena_printf(
        letter->arena,
        "Received: by %s (%s)\n\tid %s; %s\n"
        "Date: %s\nFrom: Mail Delivery System <MAILER-DAEMON>\nTo: Postmaster <%s>\n"
        "Subject: %s %s\nAuto-Submitted: auto-generated\n\n"
        "%s%sTranscript of session follows.\n\n%s\n%s%s%sFor other details, see the local mail "
        "logfile\n",
        config->myhostname, config->mail_name, queue_id, date, date, recipient, config->mail_name,
        letter->subject, letter->before == NULL ? "" : letter->before,
        letter->before == NULL ? "" : "\n\n", buf_text(&letter->transcript->text),
        letter->reason == NULL ? "" : "Session aborted, reason: ",
        letter->reason == NULL ? "" : letter->reason, letter->reason == NULL ? "" : "\n\n");
    return span_text(text);
}

static bool send_letter(const struct letter *letter, struct connection **cleanup, struct error *err)
{
    const struct config *config = letter->transcript->config;
    const char *whom = postmaster_address(config, letter->arena, config->error_notice_recipient);
    const struct intake_request request = {
        .service = config->cleanup_service_name,
        .origin = INTAKE_INTERNAL,
        .sender = postmaster_sender(config, letter->arena),
        .dsn_envid = "",
        .full_name = "",
    };
    const struct queue_recipient recipient = {
        .address = whom,
        .original = whom,
        .dsn_orcpt = "",
        .dsn_notify = NOTIFY_DEFAULT,
        .status = RECIPIENT_PENDING,
    };
    const char *queue_id;
    struct intake *intake = intake_open(cleanup, &request, &queue_id, err);
    struct intake_outcome outcome = {0};
    bool sent = intake != NULL && intake_recipients(intake, &recipient, 1, err) &&
                intake_content(intake, compose(letter, whom, queue_id), err) &&
                intake_finish(intake, letter->arena, &outcome, err);

    if (sent && !outcome.committed) {
        error_set(err, ERROR_TEMPORARY, "%s %s", outcome.status, outcome.text);
        sent = false;
    }
    intake_free(&intake);
    return sent;
}

void transcript_end(struct transcript *transcript, struct connection **cleanup, const char *subject,
                    const char *before, const char *reason)
{
    struct letter letter = {transcript, NULL, subject, before, reason};
    struct error err = {0};

    if ((transcript->seen & transcript->wanted) != 0) {
        letter.arena = arena_create();
        if (!send_letter(&letter, cleanup, &err))
            log_warning("transcript of the session for the postmaster: %s", err.text);
        arena_free(&letter.arena);
    }
    transcript->seen = 0;
    transcript->lines = 0;
    buf_clear(&transcript->text);
}
