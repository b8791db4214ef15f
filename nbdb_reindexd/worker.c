/*
 * The process that makes a table (nbdb_reindexd/worker.h). It has root's rights until it has looked at the directory
 * and knows the owner, then his alone; what went wrong it tells its parent in a pipe.
 */
#include "nbdb_reindexd/worker.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/account.h"
#include "lib/service/service.h"
#include "nbdb_reindexd/table.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIME_LIMIT_S 100                          /* for a table */
#define PATIENCE_MS  ((TIME_LIMIT_S + 20) * 1000) /* then the process hangs */

/* --- the child --------------------------------------------------------------------------------------- */

/* Root's tables are made by root: nobody else is led into that directory. */
static bool become_owner(const struct place *place, struct error *err)
{
    return place->uid == 0 ? service_become(NULL, 0, place->gid, err)
                           : service_become_forever(NULL, place->uid, place->gid, err);
}

static const struct syntax *find_syntax(const struct worker_job *job, const struct place *place)
{
    return job->is_alias ? &syntax_alias : syntax_of(place->source, place->path);
}

static bool make(const struct worker_job *job, struct place *place, const struct syntax **syntax_r,
                 struct error *err)
{
    if (!place_is_permitted(place, job->config, err))
        return false;
    if (fchdir(place->directory) != 0) {
        error_errno(err, "change to the directory of %s", place->path);
        return false;
    }
    if (!become_owner(place, err) || !place_open_source(place, err) ||
        !place_source_is_permitted(place, err))
        return false;
    *syntax_r = find_syntax(job, place);
    return table_make(place, *syntax_r, job->type, job->config, TIME_LIMIT_S, err);
}

/* The command that an administrator can execute instead. For that, root reads nothing that others may have written. */
static const struct syntax *find_advice(const struct worker_job *job, struct place *place)
{
    struct account owner;
    struct error unwanted;

    if (job->is_alias)
        return &syntax_alias;
    if (geteuid() == 0 && (!account_find(job->config->mail_owner, &owner, &unwanted) ||
                           !service_become_forever(NULL, owner.uid, owner.gid, &unwanted)))
        return &syntax_map;
    return place->source >= 0 || place_open_source(place, &unwanted)
               ? syntax_of(place->source, place->path)
               : &syntax_map;
}

static bool work(const struct worker_job *job, struct error *err)
{
    const struct syntax *syntax = NULL;
    struct place place;
    struct error why = {0};

    service_return();
    if (!place_open(&place, job->path, err))
        return false;
    if (place_has(&place, job->suffix)) {
        log_info("target file '%s%s' already exists, skipping this request", job->path,
                 job->suffix);
        return true;
    }
    if (make(job, &place, &syntax, &why)) {
        log_info("successfully executed '%s %s:%s' as uid %lu", syntax->tool, job->type, job->path,
                 (unsigned long)place.uid);
        return true;
    }
    if (syntax == NULL)
        syntax = find_advice(job, &place);
    error_set(err, ERROR_PERMANENT,
              "could not execute command '%s %s:%s': %.700s; alternatively, execute the failed "
              "command by hand",
              syntax->tool, job->type, job->path, why.text);
    return false;
}

static NORETURN void run_child(const struct worker_job *job, int report)
{
    struct error err = {0};
    bool done = work(job, &err);

    if (!done && !write_all(report, span_text(err.text)))
        log_warning("%s", err.text);
    _exit(done ? 0 : 1);
}

/* --- the parent -------------------------------------------------------------------------------------- */

/* Until the child has ended; false: it hangs. */
static bool listen_to(int from_child, struct buf *report)
{
    int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;

    for (;;) {
        struct pollfd waits = {.fd = from_child, .events = POLLIN};
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        char octets[ERROR_TEXT_MAX];
        ssize_t got;

        if (left_ms <= 0)
            return false;
        if (poll(&waits, 1, (int)left_ms) <= 0)
            continue;
        got = read(from_child, octets, sizeof(octets));
        if (got == 0 || (got < 0 && errno != EINTR))
            return true;
        if (got > 0)
            buf_put(report, span_first(span_of(octets, (size_t)got), ERROR_TEXT_MAX - report->len));
    }
}

/* Root alone may end another user's process: we have put those rights aside. */
static void end_child(pid_t child)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    struct error err = {0};

    service_return();
    (void)kill(child, SIGKILL);
    if (!service_become(NULL, uid, gid, &err))
        log_fatal("%s", err.text);
}

static bool judge(const struct worker_job *job, bool ended, int status, struct span report,
                  struct error *err)
{
    if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (!ended)
        error_set(err, ERROR_TEMPORARY, "making %s:%s takes too long", job->type, job->path);
    else if (report.len > 0)
        error_set(err, ERROR_TEMPORARY, "%.*s", SPAN_PRINTF(report));
    else
        error_set(err, ERROR_TEMPORARY, "the process that made %s:%s has failed", job->type,
                  job->path);
    return false;
}

bool worker_run(const struct worker_job *job, struct error *err)
{
    struct buf report = BUF(ERROR_TEXT_MAX);
    int ends[2] = {-1, -1};
    int status = 0;
    bool ended, done;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0 || (child = fork()) < 0) {
        error_errno(err, "start a process");
        fd_close(&ends[0]);
        fd_close(&ends[1]);
        return false;
    }
    if (child == 0)
        run_child(job, ends[1]);
    fd_close(&ends[1]);
    ended = listen_to(ends[0], &report);
    if (!ended)
        end_child(child);
    fd_close(&ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    done = judge(job, ended, status, buf_span(&report), err);
    buf_release(&report);
    return done;
}
