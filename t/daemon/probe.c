/*
 * A daemon for the tests of master and lib/service. Under the name of a real daemon it runs as that
 * one would (user, chroot, sandbox, kind of loop), and does what its client asks, a line at a time:
 *
 *   who           process id, uid, gid, umask-free facts of its surroundings
 *   cat PATH      can it open this file
 *   connect NAME  can it connect to this service
 *   flush VERB    what the service flush answers to this request
 *   regain        can it become root again
 *   execute       can it run a program
 *   quiet         from now on `stop` may end it
 *   full, room    an event-driven daemon accepts nobody, or somebody again
 *   exit N, kill  end badly
 */
#include "lib/base/base.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/io/stream.h"
#include "lib/queue/flush_client.h"
#include "lib/service/service.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 1000

static size_t count_entries(const char *path)
{
    DIR *directory = opendir(path);
    size_t count = 0;

    while (directory != NULL && readdir(directory) != NULL)
        count++;
    if (directory != NULL)
        closedir(directory);
    return count;
}

static void answer_who(struct buf *answer, const struct service_instance *instance)
{
    buf_put_printf(answer,
                   "pid=%d uid=%lu gid=%lu groups=%d root-entries=%zu service=%s program=%s",
                   (int)getpid(), (unsigned long)getuid(), (unsigned long)getgid(),
                   getgroups(0, NULL), count_entries("/"), instance->name, instance->program);
    for (char *const *at = instance->arguments; *at != NULL; at++)
        buf_put_printf(answer, " argument=%s", *at);
}

static void answer_errno(struct buf *answer, bool done)
{
    buf_put_text(answer, done ? "yes" : strerror(errno));
}

static void try_file(struct buf *answer, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    answer_errno(answer, fd >= 0);
    fd_close(&fd);
}

static void try_connect(struct buf *answer, const char *name)
{
    struct error err = {0};
    int fd = service_connect_fd(name, &err);

    buf_put_text(answer, fd >= 0 ? "yes" : err.text);
    fd_close(&fd);
}

static void try_flush(struct buf *answer, const char *verb, const struct config *config)
{
    const struct flush_request request = {(uint64_t)atoi(verb), "relay.test", "3ABCDEF0123"};
    struct error err = {0};
    enum flush_status status = flush_ask(config, &request, &err);

    buf_put_printf(answer, "%d%s", status, err.text);
}

static void execute(struct buf *answer)
{
    char *const arguments[] = {NULL};

    (void)execv("/bin/true", arguments);
    answer_errno(answer, false);
}

static void obey(char *line, struct buf *answer, const struct service_instance *instance)
{
    char *argument = strchr(line, ' ');

    if (argument != NULL)
        *argument++ = '\0';
    else
        argument = line + strlen(line);
    if (strcmp(line, "who") == 0)
        answer_who(answer, instance);
    else if (strcmp(line, "cat") == 0)
        try_file(answer, argument);
    else if (strcmp(line, "connect") == 0)
        try_connect(answer, argument);
    else if (strcmp(line, "flush") == 0)
        try_flush(answer, argument, instance->config);
    else if (strcmp(line, "regain") == 0)
        answer_errno(answer, setuid(0) == 0);
    else if (strcmp(line, "execute") == 0)
        execute(answer);
    else if (strcmp(line, "quiet") == 0)
        service_quiet(true);
    else if (strcmp(line, "full") == 0 || strcmp(line, "room") == 0)
        service_accepting(instance, strcmp(line, "room") == 0);
    else if (strcmp(line, "exit") == 0)
        exit(atoi(argument));
    else if (strcmp(line, "kill") == 0)
        (void)raise(SIGKILL);
    else
        buf_put_text(answer, "what?");
    buf_put_char(answer, '\n');
}

static void run_line(struct span line, struct buf *answer, const struct service_instance *instance)
{
    char *text = mem_span(line);

    buf_clear(answer);
    obey(text, answer, instance);
    mem_free(text);
}

static void serve_client(int fd, const struct service_instance *instance)
{
    struct stream *client = stream_create(fd);
    struct buf answer = BUF(BUF_UNLIMITED);
    struct span line;

    while (stream_read_line(client, LINE_MAX_OCTETS, &line, NULL) == STREAM_OK) {
        run_line(line, &answer, instance);
        stream_write(client, buf_span(&answer));
        if (stream_flush(client) != STREAM_OK)
            break;
    }
    buf_release(&answer);
    stream_free(&client);
}

/* --- the same, event-driven ------------------------------------------------------------------------ */

struct talk {
    const struct service_instance *instance;
    struct watch *watch;
};

static void on_input(void *context, int fd, int events UNUSED)
{
    struct talk *talk = context;
    struct buf answer = BUF(BUF_UNLIMITED);
    char line[LINE_MAX_OCTETS];
    ssize_t len = read(fd, line, sizeof(line));

    if (len > 1) {
        run_line(span_of(line, (size_t)len - 1), &answer, talk->instance);
        (void)!write_all(fd, buf_span(&answer));
        buf_release(&answer);
        return;
    }
    watch_free(&talk->watch);
    (void)close(fd);
    service_release(talk->instance);
    mem_free(talk);
}

static void on_connection(int fd, const struct service_instance *instance)
{
    struct talk *talk = mem_new(struct talk);

    talk->instance = instance;
    talk->watch = watch_fd(instance->loop, fd, LOOP_READ, on_input, talk);
}

static void on_wakeup(const struct service_instance *instance)
{
    log_info("woken up: %s", instance->name);
}

static const struct service smtpd = {
    .program = "smtpd", .user = SERVICE_USER_NET, .serve_client = serve_client};
static const struct service failing = {.program = "error",
                                       .user = SERVICE_USER_NET,
                                       .sandbox = SANDBOX_NO_FILES | SANDBOX_NO_SOCKETS,
                                       .serve_client = serve_client};
static const struct service login = {
    .program = "login", .user = SERVICE_USER_NET, .on_connection = on_connection};
static const struct service cleanup = {
    .program = "cleanup", .user = SERVICE_USER_QUEUE, .serve_client = serve_client};
static const struct service pickup = {.program = "pickup",
                                      .user = SERVICE_USER_QUEUE,
                                      .single_process = true,
                                      .on_wakeup = on_wakeup};
static const struct service qmgr = {.program = "qmgr",
                                    .user = SERVICE_USER_QUEUE,
                                    .single_process = true,
                                    .on_connection = on_connection,
                                    .on_wakeup = on_wakeup};
static const struct service proxymap = {
    .program = "proxymap", .user = SERVICE_USER_MAPS, .serve_client = serve_client};
static const struct service local = {
    .program = "local", .user = SERVICE_USER_ROOT, .serve_client = serve_client};

int main(int argc, char *argv[])
{
    static const struct service *const services[] = {&smtpd,  &failing, &login,    &cleanup,
                                                     &pickup, &qmgr,    &proxymap, &local};
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash == NULL ? argv[0] : slash + 1;

    for (size_t i = 0; i < ARRAY_LENGTH(services); i++) {
        if (strcmp(services[i]->program, name) == 0)
            return service_main(services[i], argc, argv);
    }
    log_name("probe");
    log_fatal("there is no daemon \"%s\" to stand for", name);
}
