/*
 * The superintendent of the queue (postsuper(1)): deletes, holds, releases, expires and requeues messages,
 * and puts the queue's directories in order. For root, or for him whose private instance it is. As root
 * it becomes the owner of the queue before it touches anything there.
 */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "lib/delivery/listing.h"
#include "lib/service/logging.h"
#include "lib/service/service.h"

#include "tools/caller.h"
#include "tools/selection.h"
#include "tools/super.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_SIZE 200 /* of a queue id on standard input, with its line end and NUL */
#define LOOKS_MAX 4   /* at all queues, for messages that move meanwhile */

struct order {
    const struct super_action *action;
    const char *which; /* a queue id, ALL or - */
};

struct call {
    const char *directory;
    struct order *orders;
    size_t order_count;
    bool structure, purge;
    char **queues; /* as they were named; none: each action has its own */
    size_t queue_count;
    const char *program;
    struct selection selection; /* of messages that are meant at all */
    struct super super;
    size_t totals[DEEDS];
};

static const char *const all_queues[] = {"maildrop", "incoming", "active", "deferred",
                                         "hold",     "bounce",   "defer",  "trace"};

static NORETURN void usage(const struct call *call)
{
    log_fatal("usage: %s [-c config_dir] [-d queue_id (delete)] [-e queue_id (expire)] "
              "[-f queue_id (expire and/or un-hold)] [-h queue_id (hold)] [-H queue_id (un-hold)] "
              "[-p (purge temporary files)] [-r queue_id (requeue)] [-s (structure fix)] "
              "[-S (redundant structure fix)][-v (verbose)] [queue...]",
              call->program);
}

/* --- messages ------------------------------------------------------------------------------------------------ */

struct selected {
    const struct selection *selection;
    bool is_meant;
};

static bool select_piece(void *context, const struct listing_entry *piece, struct error *err UNUSED)
{
    struct selected *selected = context;

    selected->is_meant = selected->is_meant || selection_has(selected->selection, piece);
    return true;
}

static bool is_meant(const struct call *call, const char *queue, const char *queue_id)
{
    struct selected selected = {&call->selection, !call->selection.is_set};
    struct error err = {0};

    if (!selected.is_meant && !listing_message(call->super.queue_directory, call->super.config,
                                               queue, queue_id, select_piece, &selected, &err))
        log_warning("%s: %s", queue_id, err.text);
    return selected.is_meant;
}

/* True: it was there, whatever then came of it. */
static bool act_in_queue(struct call *call, const struct super_action *action, const char *queue,
                         const char *queue_id, bool verbose)
{
    bool done[DEEDS] = {false};
    struct error err = {0};
    bool good;

    if (!is_meant(call, queue, queue_id))
        return false;
    good = action->run(&call->super, queue, queue_id, done, &err);
    for (size_t deed = 0; deed < DEEDS; deed++) {
        if (!done[deed])
            continue;
        call->totals[deed]++;
        if (verbose)
            log_info("%s: %s", queue_id, super_words[deed].message);
    }
    if (!good && err.number != ENOENT)
        log_warning("%s: %s", queue_id, err.text);
    return good || err.number != ENOENT;
}

/* The queues to look at, one after the other: as named, or as the action has them. Of those that are named an action
 * leaves out what is not for it, as Postfix's: what is on hold is not put there, and only from there it is released. */
static const char *queue_at(const struct call *call, const struct super_action *action, size_t i)
{
    const char *selected = call->selection.queue;

    if (call->queue_count > 0)
        return i < call->queue_count ? call->queues[i] : NULL;
    if (selected != NULL && strcmp(selected, "maildrop") == 0) /* no action looks there by itself */
        return i == 0 ? selected : NULL;
    return action->queues[i];
}

static void act_on_queue(struct call *call, const struct super_action *action, const char *queue)
{
    struct error err = {0};
    struct queue_scan *scan = super_action_has(action, queue)
                                  ? queue_scan_open(call->super.queue_directory, queue, &err)
                                  : NULL;
    char queue_id[QUEUE_ID_MAX];

    while (scan != NULL && queue_scan_next(scan, queue_id, &err))
        (void)act_in_queue(call, action, queue, queue_id, false);
    if (err.kind != ERROR_NONE)
        log_warning("%s", err.text);
    queue_scan_close(&scan);
}

static size_t count_deeds(const struct call *call)
{
    size_t count = 0;

    for (size_t deed = 0; deed < DEEDS; deed++)
        count += call->totals[deed];
    return count;
}

/* Messages move from queue to queue while we look: until a look finds nothing more to do, or it is
 * likely that only new ones come. */
static void act_on_all(struct call *call, const struct super_action *action)
{
    size_t before;
    int looks = 0;

    do {
        const char *queue;

        before = count_deeds(call);
        for (size_t i = 0; (queue = queue_at(call, action, i)) != NULL; i++)
            act_on_queue(call, action, queue);
    } while (count_deeds(call) > before && ++looks < LOOKS_MAX);
}

static bool look_for(struct call *call, const struct super_action *action, const char *queue_id)
{
    const char *queue;

    for (size_t i = 0; (queue = queue_at(call, action, i)) != NULL; i++) {
        if (super_action_has(action, queue) && act_in_queue(call, action, queue, queue_id, true))
            return true;
    }
    return false;
}

/* A second look finds what has moved to where we had been. */
static void act_on_one(struct call *call, const struct super_action *action, const char *queue_id)
{
    if (!queue_id_is_name(queue_id))
        log_warning("invalid mail queue id: %s", queue_id);
    else if (queue_id_is_valid(queue_id) && !look_for(call, action, queue_id))
        (void)look_for(call, action, queue_id);
}

/* A line that is too long is no queue id, and neither is its end. */
static bool read_line(char line[LINE_SIZE])
{
    bool is_whole;
    int octet = 0;

    if (fgets(line, LINE_SIZE, stdin) == NULL)
        return false;
    is_whole = strchr(line, '\n') != NULL;
    while (!is_whole && octet != EOF && octet != '\n')
        octet = getchar();
    return true;
}

static void act_on_input(struct call *call, const struct super_action *action)
{
    char line[LINE_SIZE];

    while (read_line(line)) {
        char *queue_id = mem_span(span_trim(span_text(line)));
        act_on_one(call, action, queue_id);
        mem_free(queue_id);
    }
}

static void carry_out(struct call *call, const struct order *order)
{
    if (strcmp(order->which, "-") == 0)
        act_on_input(call, order->action);
    else if (strcmp(order->which, "ALL") == 0)
        act_on_all(call, order->action);
    else
        act_on_one(call, order->action, order->which);
}

/* What we say is done survives a crash: one sync for all that was moved and removed, before we say it. */
static void make_durable(const struct call *call)
{
    if ((count_deeds(call) > 0 || call->structure || call->purge) &&
        syncfs(call->super.queue_directory) != 0)
        log_warning("sync %s: %s", call->super.config->queue_directory, strerror(errno));
}

/* A total for each kind of order that was given, also when it is 0. */
static void report_totals(const struct call *call)
{
    static const char *const options = "defhHr";
    static const enum super_deed deed_of[] = {DEED_DELETED, DEED_EXPIRED,  DEED_EXPIRED,
                                              DEED_HELD,    DEED_RELEASED, DEED_REQUEUED};
    bool wanted[DEEDS] = {false};

    for (size_t i = 0; i < call->order_count; i++) {
        const char option = call->orders[i].action->option;
        wanted[deed_of[strchr(options, option) - options]] = true;
        wanted[DEED_RELEASED] = wanted[DEED_RELEASED] || option == 'f'; /* which does both */
    }
    for (size_t deed = 0; deed < DEEDS; deed++) {
        if (wanted[deed] || call->totals[deed] > 0)
            log_info("%s: %zu message%s", super_words[deed].total, call->totals[deed],
                     call->totals[deed] == 1 ? "" : "s");
    }
}

/* --- directories ----------------------------------------------------------------------------------------------- */

static void fix_structure(struct call *call)
{
    struct error err = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(all_queues); i++) {
        if (!queue_rehash(call->super.queue_directory, call->super.config, all_queues[i], &err))
            log_warning("queue %s: %s", all_queues[i], err.text);
    }
}

/* --- the command line -------------------------------------------------------------------------------------------- */

static void add_order(struct call *call, int option, const char *which)
{
    call->orders = mem_resize(call->orders, call->order_count + 1, sizeof(*call->orders));
    call->orders[call->order_count++] = (struct order){super_action_find((char)option), which};
}

static void check_queue(const char *queue)
{
    for (size_t i = 0; i < ARRAY_LENGTH(all_queues); i++) {
        if (strcmp(all_queues[i], queue) == 0)
            return;
    }
    log_fatal("invalid directory name: %s", queue);
}

static void take_option(struct call *call, int option)
{
    struct error err;

    if (option == 'c')
        call->directory = optarg;
    else if (option == 'p')
        call->purge = true;
    else if (option == 's' || option == 'S')
        call->structure = true;
    else if (option == 'v')
        log_verbose++;
    else if (option != '?' && option < 256 && super_action_find((char)option) != NULL)
        add_order(call, option, optarg);
    else if (!selection_take(&call->selection, option, optarg, &err)) {
        if (err.kind != ERROR_NONE)
            log_fatal("%s", err.text);
        usage(call);
    }
}

static void parse_options(struct call *call, int argc, char *argv[])
{
    int option;

    while ((option = getopt_long(argc, argv, "+c:d:e:f:h:H:pr:sSv", selection_options, NULL)) != -1)
        take_option(call, option);
    call->queues = argv + optind;
    call->queue_count = (size_t)(argc - optind);
    for (size_t i = 0; i < call->queue_count; i++)
        check_queue(call->queues[i]);
    if (call->selection.is_set && call->order_count == 0)
        usage(call);
    if (call->order_count == 0 && !call->purge && !call->structure)
        call->purge = call->structure = true;
}

/* As the queue's owner, in its directory, and with nothing that root could do. */
static void enter_queue(struct call *call)
{
    const struct config *config = call->super.config;
    const struct passwd *owner;
    struct error err = {0};

    if (!service_tool_open(config, &err))
        log_fatal("%s", err.text);
    call->super.queue_directory = open(config->queue_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (call->super.queue_directory == -1)
        log_fatal("open %s: %s", config->queue_directory, strerror(errno));
    if (geteuid() != 0)
        return;
    owner = getpwnam(config->mail_owner);
    if (owner == NULL)
        log_fatal("the account %s (mail_owner) is not known", config->mail_owner);
    if (!service_become_forever(NULL, owner->pw_uid, owner->pw_gid, &err))
        log_fatal("%s", err.text);
}

int main(int argc, char *argv[])
{
    struct call call = {.program = caller_program(argc, argv)};
    struct error err = {0};

    call.super.requeued = hash_create();
    parse_options(&call, argc, argv);
    call.super.config = config_read_for("buzonsuper", call.directory, &err);
    if (call.super.config == NULL)
        log_fatal("%s", err.text);
    if (!caller_is_owner(call.super.config))
        log_fatal("use of this command is reserved for the superuser");
    if (!logging_open(call.super.config, call.program, true, &err))
        log_fatal("%s", err.text);
    enter_queue(&call);
    if (call.structure)
        fix_structure(&call);
    if (call.purge)
        (void)super_purge(&call.super);
    for (size_t i = 0; i < call.order_count; i++)
        carry_out(&call, &call.orders[i]);
    make_durable(&call);
    report_totals(&call);
    super_disconnect(&call.super);
    return 0;
}
