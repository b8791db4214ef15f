/*
 * Running a command for a delivery: fork, the recipient's identity for good, content to its standard
 * input and a bounded part of its output back, all under one deadline.
 */
#include "lib/base/base.h"

#include "lib/delivery/command.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/delivery/status.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define OUTPUT_MAX 4096 /* octets of output that are kept; the rest is read and dropped */

/* exit status, DSN status, what it means */
static const struct {
    int exit_status;
    const char *status;
    const char *text;
} meanings[] = {
    {EX_USAGE,       "5.3.0", "command line usage error"     },
    {EX_DATAERR,     "5.6.0", "data format error"            },
    {EX_NOINPUT,     "5.3.0", "cannot open input"            },
    {EX_NOUSER,      "5.1.1", "user unknown"                 },
    {EX_NOHOST,      "5.1.2", "host name unknown"            },
    {EX_UNAVAILABLE, "5.3.0", "service unavailable"          },
    {EX_SOFTWARE,    "5.3.0", "internal software error"      },
    {EX_OSERR,       "4.3.0", "system resource problem"      },
    {EX_OSFILE,      "5.3.0", "critical OS file missing"     },
    {EX_CANTCREAT,   "5.2.0", "can't create user output file"},
    {EX_IOERR,       "5.3.0", "input/output error"           },
    {EX_TEMPFAIL,    "4.3.0", "temporary failure"            },
    {EX_PROTOCOL,    "5.5.0", "remote error in protocol"     },
    {EX_NOPERM,      "5.7.0", "permission denied"            },
    {EX_CONFIG,      "5.3.5", "local configuration error"    },
};

/* --- what an exit status means --------------------------------------------------------------------- */

/* On one line; what cannot be printed becomes '_'. */
static const char *printable_output(struct arena *arena, struct span output)
{
    char *text = arena_text(arena, output);

    for (char *c = text; *c != '\0'; c++) {
        if (is_space((unsigned char)*c))
            *c = ' ';
        else if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '_';
    }
    return text;
}

static struct span skip_blanks(struct span text)
{
    while (text.len > 0 && is_space(text.data[0]))
        text = span_skip(text, 1);
    return text;
}

/* For the sender's report: what the command said, else what its end means. */
static const char *diagnostic_of(struct arena *arena, const char *said, const char *meaning)
{
    return arena_printf(arena, "x-unix; %s", said[0] == '\0' ? meaning : said);
}

struct deposit_outcome command_outcome(struct arena *arena, const char *command, int status,
                                       struct span output)
{
    struct deposit_outcome outcome = {.outcome = DELIVERY_DEFERRED, .status = "4.3.0"};
    struct span given, rest = output;
    const char *said, *introduction;

    if (WIFEXITED(status) && WEXITSTATUS(status) == EX_OK)
        return deposit_outcome_of(DELIVERY_SENT, "2.0.0", NULL);
    /* A status code at the start of the output, "5.7.1 no thanks", goes before the exit status. */
    given = WIFEXITED(status) ? delivery_status_take(&rest) : SPAN_EMPTY;
    if (given.len > 0 && given.data[0] != '2') {
        outcome.status = arena_text(arena, given);
        outcome.outcome = given.data[0] == '5' ? DELIVERY_BOUNCED : DELIVERY_DEFERRED;
        outcome.text = printable_output(arena, skip_blanks(span_skip(output, given.len)));
        outcome.diagnostic = diagnostic_of(arena, outcome.text, "");
        return outcome;
    }
    said = printable_output(arena, output);
    introduction = said[0] == '\0' ? "" : ". Command output: ";
    if (!WIFEXITED(status)) {
        outcome.text = arena_printf(arena, "Command died with signal %d: \"%s\"%s%s",
                                    WTERMSIG(status), command, introduction, said);
        return outcome;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++)
        if (meanings[i].exit_status == WEXITSTATUS(status)) {
            outcome.status = meanings[i].status;
            outcome.outcome = outcome.status[0] == '5' ? DELIVERY_BOUNCED : DELIVERY_DEFERRED;
            outcome.text = arena_printf(arena, "%s%s%s", meanings[i].text, introduction, said);
            outcome.diagnostic = diagnostic_of(arena, said, meanings[i].text);
            return outcome;
        }
    outcome.status = "5.3.0";
    outcome.outcome = DELIVERY_BOUNCED;
    outcome.text = arena_printf(arena, "Command died with status %d: \"%s\"%s%s",
                                WEXITSTATUS(status), command, introduction, said);
    outcome.diagnostic = diagnostic_of(
        arena, said, arena_printf(arena, "unknown mail system error %d", WEXITSTATUS(status)));
    return outcome;
}

/* --- the child --------------------------------------------------------------------------------------- */

static bool needs_shell(const char *command)
{
    return strpbrk(command, "|&;()<>$`\\\"'*?[#~=%!{}\n") != NULL;
}

static char **ended(struct strlist *words)
{
    words->items = mem_resize(words->items, words->count + 1, sizeof(char *));
    words->items[words->count] = NULL;
    return words->items;
}

/* Returns when it could not: the program's name. */
static const char *execute(const struct delivery_command *run, char **environment)
{
    struct strlist words = STRLIST_EMPTY;

    if (run->shell[0] != '\0') {
        strlist_split(&words, run->shell, " \t\r\n");
        strlist_add(&words, run->command);
    } else if (!needs_shell(run->command)) {
        strlist_split(&words, run->command, " \t\r\n");
        if (words.count == 0)
            _exit(EX_TEMPFAIL);
    }
    if (words.count > 0) {
        execvpe(words.items[0], ended(&words), environment);
        if (errno != ENOENT || strchr(words.items[0], '/') != NULL)
            return words.items[0];
    }
    /* The shell may know the name. */
    execle(_PATH_BSHELL, "sh", "-c", run->command, (char *)NULL, environment);
    return _PATH_BSHELL;
}

/* The child's whole life after fork. What goes wrong here is trouble of this machine: defer. */
static void NORETURN run_child(const struct delivery_command *run, int input, int output)
{
    struct strlist environment = STRLIST_EMPTY;
    struct error err = {0};
    const char *program, *reason;

    for (size_t i = 0; i < run->environment->count; i++)
        strlist_add(&environment, run->environment->items[i]);
    setsid();
    for (int number = 1; number < SIGRTMIN; number++)
        signal(number, SIG_DFL);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
        !service_become_forever(run->user, run->uid, run->gid, &err) ||
        (run->directory[0] != '\0' && chdir(run->directory) != 0))
        _exit(EX_TEMPFAIL);
    program = execute(run, ended(&environment));
    reason = strerror(errno);
    log_info("fatal: execvp %s: %s", program, reason);
    dprintf(2, "%s: fatal: execvp %s: %s\n", program_invocation_short_name, program, reason);
    _exit(EX_TEMPFAIL);
}

/* --- the parent ---------------------------------------------------------------------------------------- */

struct dialogue {
    int to_child, from_child; /* -1 when closed */
    struct delivery_reader reader;
    struct span unsent; /* of the block that is being written */
    struct buf output;
    int64_t deadline_ms;
    bool timed_out;
};

/* A command that does not read all of its input is no error: it may know enough. */
static bool feed(struct dialogue *with, struct error *err)
{
    ssize_t written;

    if (with->unsent.len == 0 && !delivery_content_next(&with->reader, &with->unsent, err))
        return false;
    if (with->unsent.len == 0) {
        fd_close(&with->to_child);
        return true;
    }
    written = write(with->to_child, with->unsent.data, with->unsent.len);
    if (written >= 0)
        with->unsent = span_skip(with->unsent, (size_t)written);
    else if (errno != EAGAIN && errno != EINTR)
        fd_close(&with->to_child);
    return true;
}

static void listen_to(struct dialogue *with)
{
    char octets[4096];
    ssize_t got = read(with->from_child, octets, sizeof(octets));

    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        fd_close(&with->from_child);
    else if (got > 0)
        buf_put(&with->output,
                span_first(span_of(octets, (size_t)got), OUTPUT_MAX - with->output.len));
}

/* Until the child closed its output, or time is up; false when the message cannot be read. */
static bool converse(struct dialogue *with, struct error *err)
{
    while (with->from_child >= 0) {
        struct pollfd waits[2] = {
            {with->from_child, POLLIN,  0},
            {with->to_child,   POLLOUT, 0}
        };
        int64_t left = with->deadline_ms - clock_monotonic_ms();

        with->timed_out = left <= 0;
        if (with->timed_out)
            return true;
        if (poll(waits, 2, left > INT_MAX ? INT_MAX : (int)left) < 0 && errno != EINTR) {
            error_errno(err, "poll");
            return false;
        }
        if (with->to_child >= 0 && waits[1].revents != 0 && !feed(with, err))
            return false;
        if (waits[0].revents != 0)
            listen_to(with);
    }
    return true;
}

/* The child may close its output long before it ends: the deadline holds until it is reaped. */
static int reap(pid_t child, struct dialogue *with)
{
    int status = 0;

    while (waitpid(child, &status, WNOHANG) != child) {
        with->timed_out = with->timed_out || clock_monotonic_ms() >= with->deadline_ms;
        if (with->timed_out)
            kill(-child, SIGKILL);
        poll(NULL, 0, 10);
    }
    return status;
}

static bool start(const struct delivery_command *run, struct dialogue *with, pid_t *child_r,
                  struct error *err)
{
    int input[2] = {-1, -1}, output[2] = {-1, -1};

    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0 || (*child_r = fork()) < 0) {
        error_errno(err, "start a command");
        for (int i = 0; i < 2; i++) {
            fd_close(&input[i]);
            fd_close(&output[i]);
        }
        return false;
    }
    if (*child_r == 0)
        run_child(run, input[0], output[1]);
    fd_close(&input[0]);
    fd_close(&output[1]);
    with->to_child = input[1];
    with->from_child = output[0];
    fd_set_nonblocking(with->to_child, true);
    fd_set_nonblocking(with->from_child, true);
    return true;
}

/* A limit that the administrator set, as that of a mailbox: what has been done until then would be done again. */
static struct deposit_outcome late_outcome(struct arena *arena, const char *command,
                                           struct span output)
{
    const char *said = printable_output(arena, output);
    struct deposit_outcome outcome =
        deposit_outcome_of(DELIVERY_BOUNCED, "5.3.0",
                           arena_printf(arena, "Command time limit exceeded: \"%s\"%s%s", command,
                                        said[0] == '\0' ? "" : ". Command output: ", said));

    outcome.diagnostic = diagnostic_of(arena, said, "temporary failure");
    return outcome;
}

static struct deposit_outcome trouble(struct arena *arena, const struct error *err)
{
    return deposit_outcome_of(DELIVERY_DEFERRED, "4.3.0",
                              arena_printf(arena, "command delivery failed: %s", err->text));
}

struct deposit_outcome command_deliver(struct arena *arena, const struct delivery_command *run)
{
    struct dialogue with = {
        .to_child = -1,
        .from_child = -1,
        .reader = {.content = run->content},
        .output = BUF(OUTPUT_MAX),
        .deadline_ms = clock_monotonic_ms() + (int64_t)run->time_limit_s * 1000,
    };
    struct deposit_outcome outcome;
    struct error err = {0};
    pid_t child;
    bool was_fed;
    int status;

    if (!start(run, &with, &child, &err))
        return trouble(arena, &err);
    was_fed = converse(&with, &err);
    if (!was_fed || with.timed_out)
        kill(-child, SIGKILL);
    fd_close(&with.to_child);
    fd_close(&with.from_child);
    status = reap(child, &with);
    if (!was_fed)
        outcome = trouble(arena, &err);
    else if (with.timed_out)
        outcome = late_outcome(arena, run->command, buf_span(&with.output));
    else
        outcome = command_outcome(arena, run->command, status, buf_span(&with.output));
    delivery_reader_release(&with.reader);
    buf_release(&with.output);
    return outcome;
}
