/*
 * The bounce service, under the names bounce, defer and trace: tells senders (and the postmaster, where
 * notify_classes says so) that recipients failed, are late or were reached. master starts it; qmgr sends
 * notices with the queue file; each report is a new message for cleanup. A notice is answered when its
 * reports are durably queued; so qmgr never gives a recipient up before its sender's notification is
 * safe.
 */
#include "lib/base/base.h"

#include "bounce/report.h"
#include "bounce/rules.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/delivery/content.h"
#include "lib/queue/intake.h"
#include "lib/service/service.h"

#include <fcntl.h>

#define BLOCK_SIZE     ((size_t)128 * 1024)
#define MESSAGE_ID_MAX 900                        /* octets; longer ones fit no line */
#define REPORT_MAX     ((size_t)64 * 1024 * 1024) /* octets of a report without the message */

static struct {
    struct connection *cleanup; /* kept from report to report */
    struct bounce_templates words;
    char *explanations[BOUNCE_TEMPLATE_COUNT]; /* their texts, expanded */
} bounce;

/* --- the words of reports ------------------------------------------------------------------------------------ */

#define TEMPLATES_MAX   (1U << 20) /* octets of bounce_template_file */
#define EXPLANATION_MAX (1U << 20)

/* Wrong words in a file are no reason to tell senders nothing: then ours count. */
static void read_words(const char *path)
{
    struct buf text = BUF(TEMPLATES_MAX);
    struct strlist warnings = STRLIST_EMPTY;
    struct error err = {0};

    bounce.words = bounce_templates_builtin();
    if (*path != '\0' &&
        (!file_read(AT_FDCWD, path, &text, &err) ||
         !bounce_templates_parse(path, buf_span(&text), &bounce.words, &warnings, &err))) {
        log_warning("%s -- using built-in templates", err.text);
        bounce.words = bounce_templates_builtin();
    }
    for (size_t i = 0; i < warnings.count; i++)
        log_warning("%s", warnings.items[i]);
    strlist_release(&warnings);
    buf_release(&text);
}

static const char *look_up(void *context, const char *name)
{
    const struct config *const *config = context;

    return config_lookup(*config, name);
}

static void expand_words(const struct config *config, enum bounce_template_kind kind)
{
    const struct bounce_templates builtin = bounce_templates_builtin();
    struct buf text = BUF(EXPLANATION_MAX);
    struct error err = {0};

    if (!bounce_template_expand(&bounce.words.items[kind], look_up, &config, &text, &err)) {
        log_warning("%s: %s -- using the built-in one", config->bounce_template_file, err.text);
        bounce.words.items[kind] = builtin.items[kind];
        buf_clear(&text);
        if (!bounce_template_expand(&builtin.items[kind], look_up, &config, &text, &err))
            log_warning("%s", err.text);
    }
    bounce.explanations[kind] = buf_take(&text);
}

static bool prepare(const struct service_instance *instance, struct error *err UNUSED)
{
    read_words(instance->config->bounce_template_file);
    for (enum bounce_template_kind kind = BOUNCE_TEMPLATE_FAILURE; kind < BOUNCE_TEMPLATE_COUNT;
         kind++)
        expand_words(instance->config, kind);
    return true;
}

static enum bounce_template_kind template_of(const struct notice *notice)
{
    switch ((enum notice_kind)notice->kind) {
    case NOTICE_FAILURE:
        return BOUNCE_TEMPLATE_FAILURE;
    case NOTICE_DELAY:
        return BOUNCE_TEMPLATE_DELAY;
    case NOTICE_SUCCESS:
        break;
    }
    return notice->is_requested ? BOUNCE_TEMPLATE_VERIFY : BOUNCE_TEMPLATE_SUCCESS;
}

/* --- the message that a report is about -------------------------------------------------------------------- */

/* The octets of a block that belong to the header, which ends with an empty line; `previous` is the last
 * octet before the block. True: it ends here. */
static bool find_header_end(struct span block, char *previous, size_t *len_r)
{
    for (size_t i = 0; i < block.len; i++) {
        if (block.data[i] == '\n' && *previous == '\n') {
            *len_r = i;
            return true;
        }
        *previous = block.data[i];
    }
    *len_r = block.len;
    return false;
}

static bool send_message(struct intake *intake, const struct report *report, struct error *err)
{
    const struct notice *notice = report->notice;
    bool whole = report_has_body(report);
    char *block = mem_resize(NULL, BLOCK_SIZE, 1);
    char previous = '\n';
    bool at_end = false, good = true;

    for (uint64_t done = 0; good && !at_end && done < notice->content_size;) {
        uint64_t left = notice->content_size - done;
        size_t size = left < BLOCK_SIZE ? (size_t)left : BLOCK_SIZE, len = size;
        if (!pread_all(notice->queue_file, block, size, (off_t)(notice->content_offset + done))) {
            error_errno(err, "read the queue file of %s", notice->queue_id);
            good = false;
            break;
        }
        if (!whole)
            at_end = find_header_end(span_of(block, size), &previous, &len);
        good = intake_content(intake, span_of(block, len), err);
        done += size;
    }
    mem_free(block);
    return good;
}

struct message_id {
    struct arena *arena;
    struct span text; /* empty: none was found */
};

static void note_message_id(void *context, struct header_field field)
{
    struct message_id *found = context;
    struct span body = span_trim(field.body);

    if (found->text.len == 0 && span_equal_text_nocase(field.name, "Message-Id"))
        found->text = span_of(arena_text(found->arena, body), body.len);
}

/* "<left@right>" as a field of a report may have it: one printable word, of bounded length. */
static bool is_message_id(struct span text)
{
    if (text.len < 3 || text.len > MESSAGE_ID_MAX || text.data[0] != '<' ||
        span_find(text, '>') != text.len - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    }
    return true;
}

/* enable_threaded_bounces: what mail readers put the report together with; NULL: nothing */
static const char *find_thread(const struct config *config, struct arena *arena,
                               const struct notice *notice)
{
    struct message_id found = {.arena = arena};
    struct error err;

    if (config->enable_threaded_bounces &&
        delivery_header_walk(notice->queue_file, notice->content_offset, notice->content_size,
                             note_message_id, &found, &err) &&
        is_message_id(found.text))
        return found.text.data;
    return NULL;
}

/* --- one report ----------------------------------------------------------------------------------------------- */

static bool send_content(struct intake *intake, struct arena *arena, const struct report *report,
                         struct error *err)
{
    struct buf text = BUF(REPORT_MAX);
    bool good;

    report_start(&text, arena, report);
    good = intake_content(intake, buf_span(&text), err) && send_message(intake, report, err);
    buf_clear(&text);
    report_end(&text, report);
    good = good && intake_content(intake, buf_span(&text), err);
    buf_release(&text);
    return good;
}

static void log_report(const struct report *report, const char *queue_id)
{
    const char *whom = report->audience == AUDIENCE_SENDER ? "sender" : "postmaster";
    const char *what = "delivery status";

    switch ((enum notice_kind)report->notice->kind) {
    case NOTICE_FAILURE:
        what = "non-delivery";
        break;
    case NOTICE_DELAY:
        what = "delay";
        break;
    case NOTICE_SUCCESS:
        break;
    }
    log_info("%s: %s %s notification: %s", report->notice->queue_id, whom, what, queue_id);
}

static bool finish(struct intake *intake, struct arena *arena, const struct report *report,
                   struct error *err)
{
    struct intake_outcome outcome;

    if (!intake_finish(intake, arena, &outcome, err))
        return false;
    if (outcome.committed)
        log_report(report, outcome.queue_id);
    else
        error_set(err, ERROR_TEMPORARY, "%s %s", outcome.status, outcome.text);
    return outcome.committed;
}

static bool send_report(struct arena *arena, struct report *report, struct error *err)
{
    const struct intake_request request = {
        .service = report->config->cleanup_service_name,
        .origin = INTAKE_INTERNAL,
        .sender = report->sender,
        .dsn_envid = "",
        .flags = (unsigned)report->notice->flags & QUEUE_SMTPUTF8,
        .full_name = "",
    };
    const struct queue_recipient recipient = {
        .address = report->recipient,
        .original = report->original,
        .dsn_orcpt = "",
        .dsn_notify = NOTIFY_DEFAULT, /* a report that fails is a matter of the rules, too */
        .status = RECIPIENT_PENDING,
    };
    struct intake *intake = intake_open(&bounce.cleanup, &request, &report->queue_id, err);
    bool done;

    if (intake == NULL)
        return false;
    done = intake_recipients(intake, &recipient, 1, err) &&
           send_content(intake, arena, report, err) && finish(intake, arena, report, err);
    intake_free(&intake);
    return done;
}

/* --- notices --------------------------------------------------------------------------------------------------- */

/*
 * The sender's report comes first and decides. A copy for the postmaster that fails is only logged:
 * trying all again would tell the sender twice.
 */
static bool tell(const struct config *config, struct arena *arena, const struct notice *notice,
                 struct error *err)
{
    struct report reports[REPORTS_MAX];
    size_t count = rules_apply(config, arena, notice, reports);
    const char *thread = count == 0 ? NULL : find_thread(config, arena, notice);

    for (size_t i = 0; i < count; i++) {
        struct report *report = &reports[i];
        report->config = config;
        report->notice = notice;
        report->thread = thread;
        report->words = &bounce.words.items[template_of(notice)];
        report->explanation = bounce.explanations[template_of(notice)];
        report->now = clock_wall().tv_sec;
        if (send_report(arena, report, err))
            continue;
        if (i == 0)
            return false;
        log_warning("%s: postmaster notification: %s", notice->queue_id, err->text);
    }
    return true;
}

static bool answer(struct connection *qmgr, const struct config *config, struct arena *arena,
                   const struct notice *notice, struct error *err)
{
    struct error why = {0};
    struct notice_answer answer = {.done = tell(config, arena, notice, &why)};

    answer.text = answer.done ? "" : why.text;
    return notice_answer_send(qmgr, &answer, err);
}

/* Until qmgr hangs up, which is no error; our caller logs what *err says otherwise. */
static bool serve(struct connection *qmgr, const struct service_instance *instance,
                  struct error *err)
{
    struct arena *arena = arena_create();
    struct notice notice;
    bool good = true;

    while (good) {
        service_rest(true);
        if (!notice_receive(qmgr, arena, &notice, err))
            break;
        service_rest(false);
        good = answer(qmgr, instance->config, arena, &notice, err);
        fd_close(&notice.queue_file);
        arena_reset(arena);
    }
    arena_free(&arena);
    return good && err->kind == ERROR_NONE;
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "bounce",
        .user = SERVICE_USER_QUEUE,
        .sandbox = SANDBOX_NO_EXEC,
        .prepare = prepare,
        .serve = serve,
    };

    return service_main(&service, argc, argv);
}
