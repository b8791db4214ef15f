/* Notifications as text. Sources: RFC 3461 section 6, RFC 3464, RFC 3834, RFC 6533 for SMTPUTF8. */
#include "lib/base/base.h"

#include "bounce/report.h"

#include "lib/message/address.h"
#include "lib/message/date.h"

#define LINE_LEN 78 /* where texts are folded */

/* --- words ------------------------------------------------------------------------------------------------ */

static bool is_utf8(const struct report *report)
{
    return (report->notice->flags & QUEUE_SMTPUTF8) != 0;
}

/* What does not belong on a line, or into a report that is not declared to hold UTF-8, becomes '?'. */
static char harmless(const struct report *report, char octet)
{
    unsigned char c = (unsigned char)octet;

    return c < ' ' || c == 0x7f || (c > 0x7f && !is_utf8(report)) ? '?' : octet;
}

static size_t column_of(const struct buf *text)
{
    return text->len - (span_find_last(buf_span(text), '\n') == text->len
                            ? 0
                            : span_find_last(buf_span(text), '\n') + 1);
}

/* The next run without white space of any kind, line ends too; empty at the end. */
static struct span take_word(struct span *rest)
{
    struct span word = span_trim(*rest);

    for (size_t i = 0; i < word.len; i++) {
        if (is_space((unsigned char)word.data[i])) {
            *rest = span_skip(word, i);
            return span_first(word, i);
        }
    }
    *rest = SPAN_EMPTY;
    return word;
}

/* Words, folded with four blanks where they pass the line; the line ends with them. */
static void put_words(struct buf *text, const struct report *report, const char *words)
{
    struct span rest = span_text(words);
    struct span word;

    while ((word = take_word(&rest)).len > 0) {
        if (column_of(text) + 1 + word.len > LINE_LEN)
            buf_put_text(text, "\n   ");
        buf_put_char(text, ' ');
        for (size_t i = 0; i < word.len; i++)
            buf_put_char(text, harmless(report, word.data[i]));
    }
    buf_put_char(text, '\n');
}

static void put_harmless(struct buf *text, const struct report *report, const char *value)
{
    for (; *value != '\0'; value++)
        buf_put_char(text, harmless(report, *value));
}

/* --- the header -------------------------------------------------------------------------------------------- */

static const char *subject_of(const struct report *report)
{
    const struct bounce_template *words = report->words;

    return report->audience == AUDIENCE_POSTMASTER && words->postmaster_subject != NULL
               ? words->postmaster_subject
               : words->subject;
}

static void put_boundary(struct buf *text, const struct report *report, const char *before,
                         const char *after)
{
    buf_put_printf(text, "%s%s.%" PRIu64 "/%s%s", before, report->notice->queue_id,
                   (uint64_t)report->now, report->config->myhostname, after);
}

/* cleanup adds a Message-Id: field at the end. */
static void put_header(struct buf *text, struct arena *arena, const struct report *report)
{
    const struct config *config = report->config;
    char date[DATE_TEXT_MAX];

    date_format(report->now, date);
    buf_put_printf(text, "Received: by %s (%s)\n\tid %s; %s\n", config->myhostname,
                   config->mail_name, report->queue_id, date);
    buf_put_printf(text, "Date: %s\n", date);
    buf_put_printf(text, "From: %s\n", report->words->from); /* cleanup completes it */
    buf_put_printf(text, "Subject: %s\n", subject_of(report));
    buf_put_text(text, "To: ");
    put_harmless(text, report, address_quote(arena, report->recipient));
    buf_put_char(text, '\n');
    if (report->thread != NULL)
        buf_put_printf(text, "References: %s\nIn-Reply-To: %s\n", report->thread, report->thread);
    buf_put_printf(text, "Auto-Submitted: %s\n",
                   report->audience == AUDIENCE_SENDER ? "auto-replied" : "auto-generated");
    buf_put_printf(text,
                   "MIME-Version: 1.0\n"
                   "Content-Type: multipart/report; report-type=%sdelivery-status;\n",
                   is_utf8(report) ? "global-" : "");
    put_boundary(text, report, "\tboundary=\"", "\"\n");
    buf_put_text(text, "Content-Transfer-Encoding: 8bit\n\n"
                       "This is a MIME-encapsulated message.\n\n");
}

/* --- for people ---------------------------------------------------------------------------------------------- */

/* The one that an alias led to, where the delivery agent says so. */
static const char *final_address(const struct notice_recipient *recipient)
{
    return recipient->action_address[0] != '\0' ? recipient->action_address : recipient->address;
}

/* <address> (expanded from <original>): text */
static void put_reason(struct buf *text, struct arena *arena, const struct report *report,
                       const struct notice_recipient *recipient)
{
    const char *address = final_address(recipient);
    const char *original =
        recipient->original[0] != '\0' ? recipient->original : recipient->address;

    buf_put_char(text, '<');
    put_harmless(text, report, address_quote(arena, address));
    buf_put_char(text, '>');
    if (strcasecmp(original, address) != 0) {
        buf_put_text(text, " (expanded from <");
        put_harmless(text, report, address_quote(arena, original));
        buf_put_text(text, ">)");
    }
    buf_put_char(text, ':');
    put_words(text, report, recipient->text);
    buf_put_char(text, '\n');
}

static void put_text_part(struct buf *text, struct arena *arena, const struct report *report)
{
    put_boundary(text, report, "--", "\n");
    buf_put_printf(text,
                   "Content-Description: Notification\n"
                   "Content-Type: text/plain; charset=%s\n"
                   "Content-Transfer-Encoding: 8bit\n\n",
                   is_utf8(report) ? "utf-8" : report->words->charset);
    if (report->audience == AUDIENCE_SENDER)
        buf_put_text(text, report->explanation);
    buf_put_char(text, '\n');
    for (size_t i = 0; i < report->notice->recipient_count; i++)
        put_reason(text, arena, report, &report->notice->recipients[i]);
}

/* --- for programs --------------------------------------------------------------------------------------------- */

static const char *action_of(const struct report *report, const struct notice_recipient *recipient)
{
    switch ((enum notice_kind)report->notice->kind) {
    case NOTICE_FAILURE:
        return "failed";
    case NOTICE_DELAY:
        return "delayed";
    case NOTICE_SUCCESS:
        break;
    }
    switch ((enum delivery_action)recipient->action) {
    case DELIVERY_ACTION_RELAYED:
        return "relayed";
    case DELIVERY_ACTION_EXPANDED:
        return "expanded";
    case DELIVERY_ACTION_DELIVERABLE:
        return "deliverable";
    case DELIVERY_ACTION_UNDELIVERABLE:
        return "undeliverable";
    case DELIVERY_ACTION_DELAYED:
        return "delayed";
    case DELIVERY_ACTION_FAILED:
        return "failed";
    case DELIVERY_ACTION_DELIVERED:
    case DELIVERY_ACTION_PASSED_ON:
        break;
    }
    return "delivered";
}

static void put_field(struct buf *text, const struct report *report, const char *name,
                      const char *value)
{
    buf_put_printf(text, "%s:", name);
    put_words(text, report, value);
}

static void put_address_field(struct buf *text, const struct report *report, const char *name,
                              const char *quoted)
{
    buf_put_printf(text, "%s: %s; ", name, is_utf8(report) ? "utf-8" : "rfc822");
    put_harmless(text, report, quoted);
    buf_put_char(text, '\n');
}

/* The fields and types that are ours have the name of the mail system in them. */
static void put_own_name(struct buf *text, const struct report *report)
{
    buf_put_text(text, "X-");
    for (const char *c = report->config->mail_name; *c != '\0'; c++)
        buf_put_char(text, is_alnum((unsigned char)*c) ? *c : '-');
}

static void put_diagnostic(struct buf *text, const struct report *report,
                           const struct notice_recipient *recipient)
{
    if (recipient->remote_mta[0] != '\0')
        put_field(text, report, "Remote-MTA", recipient->remote_mta);
    if (recipient->diagnostic[0] != '\0') {
        put_field(text, report, "Diagnostic-Code", recipient->diagnostic);
    } else {
        buf_put_text(text, "Diagnostic-Code: ");
        put_own_name(text, report);
        buf_put_char(text, ';');
        put_words(text, report, recipient->text);
    }
}

static void put_recipient_fields(struct buf *text, struct arena *arena, const struct report *report,
                                 const struct notice_recipient *recipient)
{
    const char *final = final_address(recipient);
    char until[DATE_TEXT_MAX];
    time_t arrival = (time_t)(report->notice->arrival_us / 1000000);

    buf_put_char(text, '\n');
    put_address_field(text, report, "Final-Recipient", address_quote(arena, final));
    if (recipient->dsn_orcpt[0] != '\0')
        put_field(text, report, "Original-Recipient", recipient->dsn_orcpt);
    else if (recipient->original[0] != '\0')
        put_address_field(text, report, "Original-Recipient",
                          address_quote(arena, recipient->original));
    buf_put_printf(text, "Action: %s\nStatus: %s\n", action_of(report, recipient),
                   recipient->status);
    put_diagnostic(text, report, recipient);
    if (report->notice->kind == NOTICE_DELAY)
        buf_put_printf(text, "Will-Retry-Until: %s\n",
                       date_format(arrival + report->config->maximal_queue_lifetime, until));
}

/* Whose message it was: nobody's was the mail system's. */
static const char *sender_of(struct arena *arena, const struct report *report)
{
    return report->notice->sender[0] == '\0'
               ? arena_printf(arena, "MAILER-DAEMON@%s", report->config->myhostname)
               : address_quote(arena, report->notice->sender);
}

static void put_status_part(struct buf *text, struct arena *arena, const struct report *report)
{
    const struct notice *notice = report->notice;
    char date[DATE_TEXT_MAX];

    put_boundary(text, report, "--", "\n");
    buf_put_printf(text,
                   "Content-Description: Delivery report\n"
                   "Content-Type: message/%sdelivery-status\n",
                   is_utf8(report) ? "global-" : "");
    if (is_utf8(report))
        buf_put_text(text, "Content-Transfer-Encoding: 8bit\n");
    buf_put_printf(text, "\nReporting-MTA: dns; %s\n", report->config->myhostname);
    if (notice->dsn_envid[0] != '\0')
        put_field(text, report, "Original-Envelope-Id", notice->dsn_envid);
    put_own_name(text, report);
    buf_put_printf(text, "-Queue-ID: %s\n", notice->queue_id);
    put_own_name(text, report);
    put_address_field(text, report, "-Sender", sender_of(arena, report));
    buf_put_printf(text, "Arrival-Date: %s\n",
                   date_format((time_t)(notice->arrival_us / 1000000), date));
    for (size_t i = 0; i < notice->recipient_count; i++)
        put_recipient_fields(text, arena, report, &notice->recipients[i]);
    buf_put_char(text, '\n');
}

/* --- the message it is about ------------------------------------------------------------------------------------ */

/* The postmaster gets it whole where nobody else does: what bounces has no sender. */
bool report_has_body(const struct report *report)
{
    const struct notice *notice = report->notice;
    const bool is_wanted =
        report->audience == AUDIENCE_SENDER ? notice->dsn_ret != 'H' : notice->sender[0] == '\0';
    int64_t limit = report->config->bounce_size_limit;

    return is_wanted && notice->kind == NOTICE_FAILURE &&
           (limit <= 0 || notice->content_size <= (uint64_t)limit);
}

static void put_message_head(struct buf *text, struct arena *arena, const struct report *report)
{
    const char *type = is_utf8(report) ? "message/global-headers" : "text/rfc822-headers";
    const char *description = "Undelivered Message Headers";

    if (report->notice->kind == NOTICE_SUCCESS)
        description = "Message Headers";
    if (report_has_body(report)) {
        type = is_utf8(report) ? "message/global" : "message/rfc822";
        description = "Undelivered Message";
    }
    put_boundary(text, report, "--", "\n");
    buf_put_printf(text,
                   "Content-Description: %s\n"
                   "Content-Type: %s\n"
                   "Content-Transfer-Encoding: 8bit\n\n"
                   "Return-Path: <",
                   description, type);
    put_harmless(text, report, sender_of(arena, report));
    buf_put_text(text, ">\n");
}

void report_start(struct buf *text, struct arena *arena, const struct report *report)
{
    put_header(text, arena, report);
    put_text_part(text, arena, report);
    put_status_part(text, arena, report);
    put_message_head(text, arena, report);
}

void report_end(struct buf *text, const struct report *report)
{
    put_boundary(text, report, "\n--", "--\n");
}
