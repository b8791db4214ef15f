/*
 * Looking at the queue and pushing it, for everybody (postqueue(1)): set-group-id, so that it reaches the
 * public sockets of showq and qmgr; what it may be used for is authorized_mailq_users' and
 * authorized_flush_users' business.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/delivery/listing.h"
#include "lib/map/match_list.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/service.h"

#include "tools/caller.h"
#include "tools/queue_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define OUTPUT_BLOCK (64 * 1024)

enum mode { MODE_NONE, MODE_FLUSH, MODE_FLUSH_MESSAGE, MODE_FLUSH_SITE, MODE_LIST, MODE_JSON };

struct call {
    enum mode mode;
    const char *argument; /* queue id or site */
    const char *directory;
    struct config *config;
};

static NORETURN void refuse(int status, const char *text)
{
    log_info("fatal: %s", text);
    exit(status);
}

static NORETURN void usage(void)
{
    refuse(EX_USAGE,
           "usage: buzonqueue -f | buzonqueue -i queueid | buzonqueue -j | buzonqueue -p | "
           "buzonqueue -s site");
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
        if (match_list_name(list, span_text(name), &err) != MAP_FOUND) {
            log_info("fatal: User %s(%lu) is not allowed to %s the mail queue", name,
                     (unsigned long)getuid(), what);
            exit(EX_NOPERM);
        }
        match_list_free(&list);
    }
    mem_free(name);
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
        error_errno(err, "write standard output");
    buf_clear(&output->text);
    return done;
}

static bool show(void *context, const struct listing_entry *entry, struct error *err)
{
    struct output *output = context;

    queue_text_entry(&output->state, &output->text, entry);
    return output->text.len < OUTPUT_BLOCK || flush_output(output, err);
}

static bool list_from(struct connection *showq, struct output *output, struct error *err)
{
    struct arena *arena = arena_create();
    struct listing_entry entry;
    bool good;

    while ((good = listing_receive(showq, arena, &entry, err)) && entry.queue_id[0] != '\0') {
        if (!show(output, &entry, err)) {
            good = false;
            break;
        }
        arena_reset(arena);
    }
    if (!good && err->kind == ERROR_NONE)
        error_set(err, ERROR_TEMPORARY, "the showq service hung up");
    arena_free(&arena);
    return good;
}

/* The mail system is down: those who can read the queue need no help. */
static bool list_directly(const struct config *config, struct output *output, const char *why,
                          struct error *err)
{
    int queue_directory;
    bool done;

    if (!caller_is_owner(config))
        refuse(EX_UNAVAILABLE, "Queue report unavailable - mail system is down");
    log_warning("Mail system is down -- accessing queue directly (%s)", why);
    queue_directory = open(config->queue_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (queue_directory == -1) {
        error_errno(err, "open %s", config->queue_directory);
        return false;
    }
    done = listing_walk(queue_directory, config, show, output, err);
    fd_close(&queue_directory);
    return done;
}

static int run_list(const struct call *call)
{
    const struct config *config = call->config;
    struct output output = {
        .state = {.json = call->mode == MODE_JSON, .long_ids = config->enable_long_queue_ids},
        .text = BUF(BUF_UNLIMITED), /* one entry more than a block */
    };
    struct error err = {0}, unreachable = {0};
    struct connection *showq;
    bool done;

    check_caller(config, "authorized_mailq_users", config->authorized_mailq_users, "view");
    showq = service_connect(config->showq_service_name, &unreachable);
    done = showq == NULL ? list_directly(config, &output, unreachable.text, &err)
                         : list_from(showq, &output, &err);
    if (done) {
        queue_text_end(&output.state, &output.text);
        done = flush_output(&output, &err);
    }
    buf_release(&output.text);
    connection_free(&showq);
    if (!done)
        refuse(EX_TEMPFAIL, err.text);
    return EX_OK;
}

/* --- flushing ------------------------------------------------------------------------------------------------ */

static void check_site(const struct config *config, const char *site)
{
    struct match_list *list = match_list_create(config, "fast_flush_domains",
                                                config->fast_flush_domains, MATCH_DOMAIN, false);
    struct error err = {0};
    enum map_result result = match_list_name(list, span_text(site), &err);

    match_list_free(&list);
    if (result == MAP_UNAVAILABLE)
        refuse(EX_TEMPFAIL, err.text);
    if (result == MAP_FOUND)
        return;
    log_info("fatal: Flush service is not configured for destination \"%s\"", site);
    exit(EX_UNAVAILABLE);
}

static int run_flush(const struct call *call)
{
    struct qmgr_request request = {.verb = QMGR_FLUSH, .queue_id = "", .site = "", .file = -1};
    struct connection *qmgr;
    struct error err = {0};

    check_caller(call->config, "authorized_flush_users", call->config->authorized_flush_users,
                 "flush");
    if (call->mode == MODE_FLUSH_MESSAGE) {
        request.verb = QMGR_FLUSH_MESSAGE;
        request.queue_id = call->argument;
        if (!queue_id_is_valid(call->argument))
            refuse(EX_USAGE, "Cannot flush queue ID - invalid");
    } else if (call->mode == MODE_FLUSH_SITE) {
        request.verb = QMGR_FLUSH_SITE;
        request.site = call->argument;
        check_site(call->config, call->argument);
    }
    qmgr = service_connect(call->config->queue_service_name, &err);
    if (qmgr == NULL || !qmgr_request_send(qmgr, &request, &err)) {
        log_debug("%s", err.text);
        refuse(EX_UNAVAILABLE, "Cannot flush mail queue - mail system is down");
    }
    connection_free(&qmgr);
    return EX_OK;
}

/* --- the command line ------------------------------------------------------------------------------------------ */

static void set_mode(struct call *call, enum mode mode, const char *argument)
{
    if (call->mode != MODE_NONE)
        usage();
    call->mode = mode;
    call->argument = argument;
}

static void parse_options(struct call *call, int argc, char *argv[])
{
    int option;

    while ((option = getopt(argc, argv, "c:fi:jps:v")) != -1) {
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
        case 'v':
            if (getuid() == 0)
                log_verbose++;
            break;
        default:
            usage();
        }
    }
    if (call->mode == MODE_NONE || optind < argc)
        usage();
}

int main(int argc, char *argv[])
{
    struct call call = {.mode = MODE_NONE};
    struct error err = {0};

    log_name("buzonqueue");
    parse_options(&call, argc, argv);
    call.config = caller_config(call.directory, &err);
    if (call.config == NULL || !service_tool_open(call.config, &err))
        refuse(EX_CONFIG, err.text);
    return call.mode == MODE_LIST || call.mode == MODE_JSON ? run_list(&call) : run_flush(&call);
}
