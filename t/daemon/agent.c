/*
 * A delivery agent for the tests of qmgr: it does what the next hop says, and counts.
 *
 *   ok            deliver
 *   slow N        deliver, each recipient after N milliseconds
 *   unreachable   say that the destination cannot be reached
 *   die           end without a word
 *   die-once      end without a word, unless the file trace/agent-died is there; make it
 *   die-after N   deliver to N recipients, then end
 *
 * Whom it delivered to stands in trace/agent-delivered in the queue directory, a line each.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/delivery/agent.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void note(const struct service_instance *instance, const struct delivery_request *request,
                 const struct delivery_recipient *recipient)
{
    int fd = openat(instance->queue_directory, "trace/agent-delivered",
                    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char *line = mem_printf("%s %s\n", request->queue_id, recipient->address);

    (void)!write_all(fd, span_text(line));
    mem_free(line);
    fd_close(&fd);
}

static void pause_ms(long ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    (void)nanosleep(&pause, NULL);
}

static void die_once(const struct service_instance *instance)
{
    int fd = openat(instance->queue_directory, "trace/agent-died",
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd != -1)
        _exit(0);
}

static bool answer(struct connection *qmgr, const struct service_instance *instance,
                   const struct delivery_request *request, struct error *err)
{
    struct span order = span_text(request->nexthop);
    struct span verb = span_take_word(&order);
    uint64_t number = 0;
    struct delivery_result result = {
        .outcome = DELIVERY_SENT, .relay = "agent", .status = "2.0.0", .text = "counted"};

    (void)span_to_u64(order, INT_MAX, &number);
    if (span_equal_text(verb, "die"))
        _exit(0);
    if (span_equal_text(verb, "die-once"))
        die_once(instance);
    if (span_equal_text(verb, "unreachable"))
        result = (struct delivery_result){.outcome = DELIVERY_DEFERRED,
                                          .status = "4.4.1",
                                          .text = "connect to nowhere: Connection refused",
                                          .nexthop_unreachable = true};
    for (size_t i = 0; i < request->recipient_count; i++) {
        if (span_equal_text(verb, "die-after") && i == number)
            _exit(0);
        if (span_equal_text(verb, "slow"))
            pause_ms((long)number);
        result.recipient = &request->recipients[i];
        if (result.outcome == DELIVERY_SENT)
            note(instance, request, result.recipient);
        if (!delivery_result_send(qmgr, request, &result, err))
            return false;
    }
    return true;
}

static bool serve(struct connection *qmgr, const struct service_instance *instance,
                  struct error *err)
{
    return delivery_serve(qmgr, instance, answer, err);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "agent",
        .user = SERVICE_USER_QUEUE,
        .serve = serve,
    };

    return service_main(&service, argc, argv);
}
