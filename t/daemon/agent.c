/*
 * A delivery agent for the tests of qmgr: it does what the next hop says, and counts.
 *
 *   ok            deliver
 *   slow N        deliver, each recipient after N milliseconds, and not while the file trace/agent-waits is there
 *   wordy         deliver, with as long a reason as there may be
 *   unreachable   say that the destination cannot be reached
 *   die           end without a word
 *   die-once      end without a word, unless the file trace/agent-died is there; make it
 *   die-after N   deliver to N recipients, then end
 *   mixed N       each recipient after N milliseconds: "bounce..." does not exist, "defer..." is put off
 *                 unless the file trace/agent-mended is there
 *   garbage       answer with octets that mean nothing
 *   hang          say nothing, for ever
 *
 * Whom it delivered to stands in trace/agent-delivered in the queue directory, a line each.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/delivery/agent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

static bool is_there(const struct service_instance *instance, const char *name)
{
    return faccessat(instance->queue_directory, name, F_OK, 0) == 0;
}

static void wait_for_test(const struct service_instance *instance)
{
    while (is_there(instance, "trace/agent-waits"))
        pause_ms(10);
}

/* By the recipient's name. */
static void decide(const struct service_instance *instance, struct delivery_result *result)
{
    const char *address = result->recipient->address;

    result->outcome = DELIVERY_SENT;
    result->status = "2.0.0";
    result->text = "counted";
    if (strncmp(address, "bounce", 6) == 0) {
        result->outcome = DELIVERY_BOUNCED;
        result->status = "5.1.1";
        result->text = "nobody is called so";
    } else if (strncmp(address, "defer", 5) == 0 && !is_there(instance, "trace/agent-mended")) {
        result->outcome = DELIVERY_DEFERRED;
        result->status = "4.2.2";
        result->text = "not today";
    }
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
    if (span_equal_text(verb, "wordy"))
        result.text = arena_printf(request->arena, "%*s", DELIVERY_TEXT_MAX, "end");
    if (span_equal_text(verb, "garbage"))
        return write_all(connection_fd(qmgr), SPAN_LITERAL("HTTP/1.0 400 Bad Request\r\n\r\n"));
    while (span_equal_text(verb, "hang"))
        pause_ms(1000);
    for (size_t i = 0; i < request->recipient_count; i++) {
        if (span_equal_text(verb, "die-after") && i == number)
            _exit(0);
        if (span_equal_text(verb, "slow") || span_equal_text(verb, "mixed"))
            pause_ms((long)number);
        if (span_equal_text(verb, "slow"))
            wait_for_test(instance);
        result.recipient = &request->recipients[i];
        if (span_equal_text(verb, "mixed"))
            decide(instance, &result);
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
