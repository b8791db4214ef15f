/*
 * Looking at the queue and pushing it, for everybody (postqueue(1)): set-group-id, so that it reaches the
 * public sockets of showq, qmgr and flush; what it may be used for is authorized_mailq_users' and
 * authorized_flush_users' business. Messages pass one by one; none is kept.
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/io/hostname.h"
#include "lib/map/match_list.h"
#include "lib/queue/flush_client.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/service.h"

#include "tools/caller.h"
#include "tools/queue_list.h"
#include "tools/queue_shape.h"
#include "tools/queue_text.h"
#include "tools/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define OUTPUT_BLOCK (64 * 1024)

enum mode {
    MODE_NONE,
    MODE_FLUSH,
    MODE_FLUSH_MESSAGE,
    MODE_FLUSH_SITE,
    MODE_LIST,
    MODE_JSON,
    MODE_SHAPE
};

struct call {
    const char *program;
    enum mode mode;
    const char *argument; /* queue id or site */
    const char *directory;
    struct selection selection;
    struct config *config;
};

/* Whatever it is, scripts know one status. */
static NORETURN void PRINTF(1, 2) refuse(const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_info("fatal: %s", text);
    exit(EX_UNAVAILABLE);
}

static NORETURN void usage(const char *name)
{
    refuse("usage: %s -f | %s -i queueid | %s -j | %s -p | %s -s site", name, name, name, name,
           name);
}

/* --- who may ------------------------------------------------------------------------------------------------- */

static void check_caller(const struct config *config, const char *parameter, const char *users,
                         const char *what)
{
    struct match_list *list;
    struct error err = {0};
    char *name = caller_name();

    if (!caller_is_owner(config)) {
        list = match_list_create(config, parameter, users, MATCH_STRING, false);
        if (match_list_name(list, span_text(name), &err) != MAP_FOUND)
            refuse("User %s(%ld) is not allowed to %s the mail queue", name, (long)getuid(), what);
        match_list_free(&list);
    }
    mem_free(name);
}

static void check_viewer(const struct config *config)
{
    check_caller(config, "authorized_mailq_users", config->authorized_mailq_users, "view");
}

/* --- listing ------------------------------------------------------------------------------------------------- */

struct output {
    struct queue_text state;
    struct buf text;
};

static bool flush_output(struct output *output, struct error *err)
{
    bool done = write_all(STDOUT_FILENO, buf_span(&output->text));

    if (!done)
        error_errno(err, "output write error");
    buf_clear(&output->text);
    return done;
}

static bool show(void *context, const struct listing_entry *entry, struct error *err)
{
    struct output *output = context;

    queue_text_entry(&output->state, &output->text, entry);
    return output->text.len < OUTPUT_BLOCK || flush_output(output, err);
}

static int run_list(const struct call *call)
{
    const struct config *config = call->config;
    struct output output = {
        .state = {.json = call->mode == MODE_JSON, .long_ids = config->enable_long_queue_ids},
        .text = BUF(BUF_UNLIMITED), /* one entry more than a block */
    };
    struct selection_filter filter = {
        .selection = &call->selection, .take = show, .context = &output};
    struct error err = {0};

    check_viewer(config);
    if (!queue_list(config, selection_filter_take, &filter, &err))
        refuse("%s", err.text);
    queue_text_end(&output.state, &output.text);
    if (!flush_output(&output, &err))
        refuse("%s", err.text);
    selection_filter_release(&filter);
    buf_release(&output.text);
    return EX_OK;
}

static int run_shape(const struct call *call)
{
    bool by_sender = call->argument != NULL && strcmp(call->argument, "sender") == 0;
    struct queue_shape *shape = queue_shape_create(by_sender, clock_wall().tv_sec);
    struct selection_filter filter = {
        .selection = &call->selection, .take = queue_shape_take, .context = shape};
    struct output output = {.text = BUF(BUF_UNLIMITED)}; /* SHAPE_DOMAINS_MAX lines */
    struct error err = {0};

    check_viewer(call->config);
    if (!queue_list(call->config, selection_filter_take, &filter, &err))
        refuse("%s", err.text);
    queue_shape_put(shape, &output.text);
    if (!flush_output(&output, &err))
        refuse("%s", err.text);
    selection_filter_release(&filter);
    queue_shape_free(&shape);
    buf_release(&output.text);
    return EX_OK;
}

/* --- flushing ------------------------------------------------------------------------------------------------ */

static NORETURN void refuse_flush(void)
{
    refuse("Cannot flush mail queue - mail system is down");
}

static struct connection *connect_qmgr(const struct config *config)
{
    struct error err = {0};
    struct connection *qmgr = service_connect(config->queue_service_name, &err);

    if (qmgr == NULL) {
        log_debug("%s", err.text);
        refuse_flush();
    }
    return qmgr;
}

struct flushing {
    struct connection *qmgr;
    bool continued; /* the next piece goes on with the same message */
};

static bool flush_message(void *context, const struct listing_entry *entry, struct error *err)
{
    struct flushing *flushing = context;
    const struct qmgr_request request = {
        .verb = QMGR_FLUSH_MESSAGE, .queue_id = entry->queue_id, .file = -1};
    bool is_known = flushing->continued || strcmp(entry->queue, "deferred") != 0;

    flushing->continued = entry->continued;
    return is_known || qmgr_request_send(flushing->qmgr, &request, err);
}

static bool revive(struct connection *qmgr, struct error *err)
{
    const struct qmgr_request request = {.verb = QMGR_REVIVE, .queue_id = "", .file = -1};

    return qmgr_request_send(qmgr, &request, err);
}

/* Those that are selected: whoever chooses them in this way learns of them. */
static int flush_selected(const struct call *call)
{
    struct flushing flushing = {.qmgr = connect_qmgr(call->config)};
    struct selection_filter filter = {
        .selection = &call->selection, .take = flush_message, .context = &flushing};
    struct error err = {0};

    check_viewer(call->config);
    if (!revive(flushing.qmgr, &err) ||
        !queue_list(call->config, selection_filter_take, &filter, &err))
        refuse("%s", err.text);
    selection_filter_release(&filter);
    connection_free(&flushing.qmgr);
    return EX_OK;
}

static int flush_all(const struct call *call)
{
    const struct qmgr_request request = {.verb = QMGR_FLUSH, .queue_id = "", .file = -1};
    struct connection *qmgr = connect_qmgr(call->config);
    struct error err = {0};

    if (!qmgr_request_send(qmgr, &request, &err))
        refuse_flush();
    connection_free(&qmgr);
    return EX_OK;
}

/* A message, or what goes to a site: the flush service knows. */
static int ask_flush(const struct call *call, const struct flush_request *request)
{
    struct error err = {0};

    switch (flush_ask(call->config, request, &err)) {
    case FLUSH_OK:
        break;
    case FLUSH_DENIED:
        refuse("Flush service is not configured for destination \"%s\"", call->argument);
    case FLUSH_BAD:
    case FLUSH_FAILED:
        if (err.kind != ERROR_NONE)
            log_warning("%s", err.text);
        refuse_flush();
    }
    return EX_OK;
}

static int run_flush(const struct call *call)
{
    const struct flush_request message = {FLUSH_SEND_FILE, "", call->argument};
    const struct flush_request site = {FLUSH_SEND_SITE, call->argument, ""};

    check_caller(call->config, "authorized_flush_users", call->config->authorized_flush_users,
                 "flush");
    if (call->mode == MODE_FLUSH_MESSAGE)
        return ask_flush(call, &message);
    if (call->mode == MODE_FLUSH_SITE)
        return ask_flush(call, &site);
    return call->selection.is_set ? flush_selected(call) : flush_all(call);
}

/* --- the command line ------------------------------------------------------------------------------------------ */

static void set_mode(struct call *call, enum mode mode, const char *argument)
{
    if (call->mode != MODE_NONE)
        usage(call->program);
    call->mode = mode;
    call->argument = argument;
}

static void take_selection(struct call *call, int option)
{
    struct error err;

    if (selection_take(&call->selection, option, optarg, &err))
        return;
    if (err.kind != ERROR_NONE)
        refuse("%s", err.text);
    usage(call->program);
}

static void take_option(struct call *call, int option)
{
    switch (option) {
    case 'c':
        call->directory = optarg;
        break;
    case 'f':
        set_mode(call, MODE_FLUSH, NULL);
        break;
    case 'i':
        set_mode(call, MODE_FLUSH_MESSAGE, optarg);
        break;
    case 'j':
        set_mode(call, MODE_JSON, NULL);
        break;
    case 'p':
        set_mode(call, MODE_LIST, NULL);
        break;
    case 's':
        set_mode(call, MODE_FLUSH_SITE, optarg);
        break;
    case SELECTION_SHAPE:
        set_mode(call, MODE_SHAPE, optarg);
        break;
    case 'v':
        if (getuid() == 0)
            log_verbose++;
        break;
    default:
        take_selection(call, option);
    }
}

static bool is_site(const char *text)
{
    struct span site = span_text(text);

    if (text[0] == '[')
        return hostname_is_literal(site);
    return hostname_is_valid(site) && site.data[site.len - 1] != '.';
}

static void check_argument(const struct call *call)
{
    const char *argument = call->argument;
    const char *rest = argument != NULL && strlen(argument) > 100 ? "..." : "";

    if (call->mode == MODE_SHAPE && argument != NULL && strcmp(argument, "sender") != 0 &&
        strcmp(argument, "recipient") != 0)
        refuse("bad --shape \"%.100s\": sender or recipient", argument);
    if (call->mode == MODE_FLUSH_MESSAGE && !queue_id_is_name(argument))
        refuse("Cannot flush queue ID - invalid name: \"%.100s%s\"", argument, rest);
    if (call->mode == MODE_FLUSH_SITE && !is_site(argument))
        refuse("Cannot flush mail queue - invalid destination: \"%.100s%s\"", argument, rest);
}

static void parse_options(struct call *call, int argc, char *argv[])
{
    int option;

    while ((option = getopt_long(argc, argv, "+c:fi:jps:v", selection_options, NULL)) != -1)
        take_option(call, option);
    if (optind < argc)
        usage(call->program);
}

static void check_call(const struct call *call)
{
    if (call->mode == MODE_NONE)
        usage(call->program);
    if (call->selection.is_set &&
        (call->mode == MODE_FLUSH_MESSAGE || call->mode == MODE_FLUSH_SITE))
        usage(call->program);
    check_argument(call);
}

int main(int argc, char *argv[])
{
    struct call call = {.program = caller_program(argc, argv)};
    struct error err = {0};

    parse_options(&call, argc, argv);
    call.config = caller_config("buzonqueue", call.directory, &err);
    if (call.config == NULL)
        refuse("%s", err.text);
    check_call(&call);
    if (!service_tool_open(call.config, &err))
        refuse("%s", err.text);
    if (call.mode == MODE_SHAPE)
        return run_shape(&call);
    return call.mode == MODE_LIST || call.mode == MODE_JSON ? run_list(&call) : run_flush(&call);
}
