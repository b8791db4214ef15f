/* The processes of services: how one starts, what it says, how it ended. */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/service/master_protocol.h"

#include "master/master.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORDS_AT_ONCE 16 /* of one process before others have their turn */

/* --- the new process ------------------------------------------------------------------------------ */

static void add_number(struct strlist *arguments, const char *option, size_t number)
{
    char *text = mem_printf("%zu", number);

    strlist_add(arguments, option);
    strlist_add(arguments, text);
    mem_free(text);
}

/* lib/service/options.h reads it. $stress comes first: master.cf may say otherwise. */
static void build_arguments(const struct child *child, struct strlist *arguments)
{
    const struct supply *supply = child->supply;
    const struct master_service *entry = &supply->entry;

    strlist_add(arguments, entry->command);
    strlist_add(arguments, "-n");
    strlist_add(arguments, entry->name);
    strlist_add(arguments, "-t");
    strlist_add(arguments, service_type_name(entry->type));
    add_number(arguments, "-s", supply->endpoints.count);
    add_number(arguments, "-b", child->slot);
    if (entry->process_limit == 1)
        strlist_add(arguments, "-l");
    if (entry->unprivileged)
        strlist_add(arguments, "-u");
    if (entry->chroot)
        strlist_add(arguments, "-c");
    if (entry->type == SERVICE_INET || entry->type == SERVICE_PASS) {
        strlist_add(arguments, "-o");
        strlist_add(arguments, supply_is_stressed(supply) ? "stress=yes" : "stress=");
    }
    for (size_t i = 0; i < entry->arguments.count; i++)
        strlist_add(arguments, entry->arguments.items[i]);
}

/* What stands at `target` in the process. */
static int source_of(const struct supply *supply, int channel, int target)
{
    if (target == MASTER_CHANNEL_FD)
        return channel;
    if (target == MASTER_SCOREBOARD_FD)
        return supply->board_fd;
    return supply->endpoints.items[target - MASTER_LISTEN_FD].fd;
}

/* First out of the way of the numbers that are to be filled, then into them. */
static bool place_descriptors(const struct supply *supply, int channel)
{
    int end = MASTER_LISTEN_FD + (int)supply->endpoints.count;
    int copies[MASTER_LISTEN_FD + SERVICE_SOCKETS_MAX];

    for (int target = MASTER_CHANNEL_FD; target < end; target++) {
        copies[target] = fcntl(source_of(supply, channel, target), F_DUPFD_CLOEXEC, end);
        if (copies[target] < 0)
            return false;
    }
    for (int target = MASTER_CHANNEL_FD; target < end; target++) {
        if (dup2(copies[target], target) < 0)
            return false;
    }
    return true;
}

static void reset_signals(void)
{
    static const int numbers[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ};

    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        (void)signal(numbers[i], SIG_DFL);
}

/* A signal between fork and exec would run our handlers there, which write to our own loop. */
static pid_t fork_without_signals(void)
{
    sigset_t all, before;
    pid_t pid;
    int saved;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    saved = errno;
    if (pid == 0)
        reset_signals();
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return pid;
}

static NORETURN void become_program(const struct child *child, int channel)
{
    struct strlist arguments = STRLIST_EMPTY;

    build_arguments(child, &arguments);
    arguments.items = mem_resize(arguments.items, arguments.count + 1, sizeof(*arguments.items));
    arguments.items[arguments.count] = NULL;
    if (place_descriptors(child->supply, channel))
        (void)execv(child->supply->path, arguments.items);
    log_error("execute %s: %s", child->supply->path, strerror(errno));
    _exit(1);
}

/* --- what it says ---------------------------------------------------------------------------------- */

static void act_on(struct child *child, const struct master_record *record)
{
    switch (record->verb) {
    case MASTER_BUSY:
        supply_note_busy(child->supply);
        break;
    case MASTER_STALE:
        supply_drain(child->supply);
        supply_review(child->supply);
        break;
    case MASTER_LEFT:
        child->supply->left += child->left ? 0 : 1;
        child->left = child->draining = true;
        supply_review(child->supply);
        break;
    case MASTER_CONNECT:
        broker_answer(child, record->name, false);
        break;
    case MASTER_REACH:
        broker_answer(child, record->name, true);
        break;
    default:
        log_warning("process %s pid %d sends what no process may send", child->supply->path,
                    (int)child->pid);
    }
}

static void on_channel(void *context, int fd, int events UNUSED)
{
    struct child *child = context;
    struct master_record record;

    for (int n = 0; n < RECORDS_AT_ONCE; n++) {
        switch (channel_receive(fd, &record, NULL)) {
        case CHANNEL_RECORD:
            act_on(child, &record);
            break;
        case CHANNEL_NOTHING:
            return;
        case CHANNEL_CLOSED:
            watch_free(&child->watch); /* its end will be reported */
            return;
        }
    }
}

/* Full: the process has not listened for long, and has the same word waiting. */
static void tell(const struct child *child, enum master_verb verb)
{
    struct master_record record = {.verb = verb};

    if (!channel_send(child->channel, &record, -1) && errno != EAGAIN && errno != EPIPE)
        log_warning("tell process %s pid %d: %s", child->supply->path, (int)child->pid,
                    strerror(errno));
}

void child_wake(const struct child *child)
{
    tell(child, MASTER_WAKEUP);
}

void child_drain(struct child *child)
{
    if (child->draining)
        return;
    child->draining = true;
    scoreboard_leave(child->supply->board, child->slot);
    tell(child, MASTER_DRAIN);
}

/* --- beginning and end ------------------------------------------------------------------------------ */

static unsigned take_slot(struct supply *supply)
{
    unsigned slot = 0;

    while (slot < supply->slot_count && supply->slots[slot] != NULL)
        slot++;
    ASSERT(slot < SCOREBOARD_SLOTS);
    if (slot == supply->slot_count) {
        supply->slots = mem_resize(supply->slots, slot + 1, sizeof(struct child *));
        supply->slot_count++;
        supply->slots[slot] = NULL;
    }
    return slot;
}

static struct span key_of(const pid_t *pid)
{
    return span_of(pid, sizeof(*pid));
}

static void forget(struct child *child)
{
    struct supply *supply = child->supply;

    scoreboard_leave(supply->board, child->slot);
    scoreboard_part(supply->board, child->slot);
    (void)hash_remove(supply->master->children, key_of(&child->pid));
    supply->slots[child->slot] = NULL;
    supply->processes--;
    supply->left -= child->left ? 1 : 0;
    watch_free(&child->watch);
    fd_close(&child->channel);
    mem_free(child);
}

static void enlist(struct child *child)
{
    struct supply *supply = child->supply;

    supply->slots[child->slot] = child;
    supply->processes++;
    supply->used = true;
    (void)hash_put(supply->master->children, key_of(&child->pid), child);
    child->watch = watch_fd(supply->master->loop, child->channel, LOOP_READ, on_channel, child);
}

struct child *child_start(struct supply *supply)
{
    struct child *child = mem_new(struct child);
    int pair[2] = {-1, -1};

    child->supply = supply;
    child->slot = take_slot(supply);
    scoreboard_enter(supply->board, child->slot);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0)
        child->pid = fork_without_signals();
    else
        child->pid = -1;
    if (child->pid == 0)
        become_program(child, pair[1]);
    fd_close(&pair[1]);
    child->channel = pair[0];
    if (child->pid < 0) {
        log_warning("start %s: %s -- throttling", supply->path, strerror(errno));
        scoreboard_leave(supply->board, child->slot);
        fd_close(&child->channel);
        mem_free(child);
        supply_throttle(supply);
        return NULL;
    }
    log_debug("started %s pid %d for service %s", supply->path, (int)child->pid,
              supply->entry.name);
    enlist(child);
    return child;
}

static bool was_asked_to_end(const struct master *master, int status)
{
    return master->phase != PHASE_RUNNING && WIFSIGNALED(status) &&
           (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGKILL);
}

/* A process that fails before it has served anybody would be started again for ever. */
static void judge_end(const struct child *child, int status)
{
    struct supply *supply = child->supply;

    if (status == 0 || was_asked_to_end(supply->master, status))
        return;
    if (WIFSIGNALED(status))
        log_warning("process %s pid %d killed by signal %d", supply->path, (int)child->pid,
                    WTERMSIG(status));
    else
        log_warning("process %s pid %d exit status %d", supply->path, (int)child->pid,
                    WEXITSTATUS(status));
    if (!scoreboard_has_served(supply->board, child->slot) && !supply->throttled &&
        !supply->retired) {
        log_warning("%s: bad command startup -- throttling", supply->path);
        supply_throttle(supply);
    }
}

void children_reap(struct master *master)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *child = hash_get(master->children, key_of(&pid));
        struct supply *supply;

        if (child == NULL)
            continue; /* an orphan that process 1 got */
        supply = child->supply;
        judge_end(child, status);
        forget(child);
        master_note_throttle(supply);
        supply_review(supply);
        master_note_end(master);
    }
    if (master->phase == PHASE_RUNNING)
        services_discard_retired(master);
}

void children_signal(const struct master *master, int number)
{
    size_t position = 0;
    struct span key;
    void *value;

    while (hash_next(master->children, &position, &key, &value)) {
        const struct child *child = value;

        (void)kill(child->pid, number);
    }
}
