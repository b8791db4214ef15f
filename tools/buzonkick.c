/*
 * Sends a request to a service of the running mail system (postkick(1)): for scripts that wake pickup or
 * the queue manager up. Requests of Postfix's queue manager are put into the words of ours.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/service.h"
#include "tools/caller.h"

#include <signal.h>
#include <unistd.h>

/* One octet a request: scan incoming, look at what is due, forget what is dead, try everything now. */
static bool kick_qmgr(int fd, const char *requests, struct error *err)
{
    struct connection *qmgr = connection_create(fd);
    bool scans = strpbrk(requests, "IW") != NULL;
    bool flushes = strpbrk(requests, "DAF") != NULL;
    struct qmgr_request request = {.verb = QMGR_SCAN, .queue_id = "", .file = -1};
    bool done = !scans || qmgr_request_send(qmgr, &request, err);

    request.verb = QMGR_FLUSH;
    done = done && (!flushes || qmgr_request_send(qmgr, &request, err));
    connection_free(&qmgr);
    return done;
}

static bool kick(const struct config *config, const char *class, const char *service,
                 const char *request, struct error *err)
{
    char *path = mem_printf("%s/%s", class, service);
    int fd = service_connect_path(path, 0, err);
    bool done = fd >= 0;

    if (done && strcmp(service, config->queue_service_name) == 0) {
        done = kick_qmgr(fd, request, err);
    } else if (done) {
        done = write_all(fd, span_text(request)) ||
               errno == EPIPE; /* it is awake without reading it */
        if (!done)
            error_errno(err, "write to %s", path);
        fd_close(&fd);
    } else if (err->number == ENOENT) {
        log_warning("unable to look up %s: %s", path, strerror(ENOENT));
    }
    mem_free(path);
    return done;
}

int main(int argc, char *argv[])
{
    const char *program = caller_program(argc, argv);
    const char *directory = NULL;
    struct config *config;
    struct error err = {0};
    bool is_wrong = false;
    int option;

    (void)signal(SIGPIPE, SIG_IGN);
    while ((option = getopt(argc, argv, "+c:v")) != -1) {
        if (option == 'c')
            directory = optarg;
        else if (option == 'v')
            log_verbose++;
        else
            is_wrong = true;
    }
    if (is_wrong || optind + 3 != argc)
        log_fatal("usage: %s [-c config_dir] [-v] class service request", program);
    config = config_read_for("buzonkick", directory, &err);
    if (config == NULL || !service_tool_open(config, &err))
        log_fatal("%s", err.text);
    if (kick(config, argv[optind], argv[optind + 1], argv[optind + 2], &err)) {
        config_free(&config);
        return 0;
    }
    log_debug("%s", err.text);
    log_warning("Cannot contact class %s service %s - perhaps the mail system is down",
                argv[optind], argv[optind + 1]);
    return 1;
}
