/*
 * What a daemon gives up beyond its user: new rights by exec, capabilities, core files, and system
 * calls that it never makes. The filter refuses with EPERM instead of killing, so that a library's
 * harmless attempt (a time zone file, say) fails as it would in an empty chroot.
 */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "lib/service/process.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#define X32_BIT 0x40000000U /* another numbering of the same calls on x86-64 */

/* No daemon has any business with these; they are where kernels break. */
static const unsigned short never[] = {
    SYS_acct,
    SYS_add_key,
    SYS_adjtimex,
    SYS_bpf,
    SYS_chroot,
    SYS_clock_adjtime,
    SYS_clock_settime,
    SYS_delete_module,
    SYS_finit_module,
    SYS_init_module,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_io_uring_setup,
    SYS_kcmp,
    SYS_kexec_load,
    SYS_keyctl,
    SYS_mount,
    SYS_move_mount,
    SYS_move_pages,
    SYS_name_to_handle_at,
    SYS_open_by_handle_at,
    SYS_open_tree,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fsopen,
    SYS_fspick,
    SYS_perf_event_open,
    SYS_personality,
    SYS_pivot_root,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_ptrace,
    SYS_quotactl,
    SYS_reboot,
    SYS_request_key,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_setns,
    SYS_settimeofday,
    SYS_swapoff,
    SYS_swapon,
    SYS_syslog,
    SYS_umount2,
    SYS_unshare,
    SYS_userfaultfd,
    SYS_vhangup,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_ioperm
    SYS_ioperm,
    SYS_iopl,
#endif
#ifdef SYS_modify_ldt
    SYS_modify_ldt,
#endif
};

static const unsigned short programs[] = {SYS_execve, SYS_execveat};

static const unsigned short sockets[] = {SYS_socket, SYS_bind, SYS_listen};

static const unsigned short files[] = {
    SYS_openat,   SYS_linkat,   SYS_mkdirat,   SYS_mknodat,  SYS_renameat2, SYS_symlinkat,
    SYS_truncate, SYS_unlinkat, SYS_fchmodat,  SYS_fchownat, SYS_utimensat,
#ifdef SYS_openat2
    SYS_openat2,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_open /* architectures with the old calls have all of them */
    SYS_open,     SYS_creat,    SYS_link,      SYS_mkdir,    SYS_mknod,     SYS_rename,
    SYS_rmdir,    SYS_symlink,  SYS_unlink,    SYS_chmod,    SYS_chown,     SYS_lchown,
    SYS_utime,    SYS_utimes,   SYS_futimesat,
#endif
};

#if defined(NATIVE_ARCHITECTURE) && !defined(SANITIZED)

struct program {
    struct sock_filter code[256];
    unsigned short len;
};

static void emit(struct program *program, unsigned short code, uint32_t operand,
                 unsigned char if_true, unsigned char if_false)
{
    ASSERT(program->len < ARRAY_LENGTH(program->code));
    program->code[program->len++] = (struct sock_filter){code, if_true, if_false, operand};
}

static void refuse_if(struct program *program, unsigned short test, uint32_t operand)
{
    emit(program, test, operand, 0, 1);
    emit(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

static void refuse_calls(struct program *program, const unsigned short *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        refuse_if(program, BPF_JMP | BPF_JEQ | BPF_K, calls[i]);
}

static void begin(struct program *program)
{
    emit(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
    emit(program, BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0);
    emit(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
    emit(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    refuse_if(program, BPF_JMP | BPF_JGE | BPF_K, X32_BIT);
}

static void filter_calls(unsigned sandbox)
{
    struct program program = {.len = 0};
    struct sock_fprog load = {.filter = program.code};

    begin(&program);
    if ((sandbox & SANDBOX_NO_EXEC) != 0) {
        refuse_calls(&program, never, ARRAY_LENGTH(never));
        refuse_calls(&program, programs, ARRAY_LENGTH(programs));
    }
    if ((sandbox & SANDBOX_NO_SOCKETS) != 0)
        refuse_calls(&program, sockets, ARRAY_LENGTH(sockets));
    if ((sandbox & SANDBOX_NO_FILES) != 0)
        refuse_calls(&program, files, ARRAY_LENGTH(files));
    emit(&program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    load.len = program.len;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &load) != 0)
        log_debug("no system call filter: %m"); /* a kernel or a container without them */
}

#else

/* The sanitizers' run-time needs calls that no daemon needs. */
static void filter_calls(unsigned sandbox UNUSED)
{
    (void)never, (void)programs, (void)sockets, (void)files;
}

/* Without /proc, in a chroot, the leak checker never comes to an end. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

#endif

/* What root is needed for by those who stay root: to become somebody, and to reach his files. */
static const unsigned char kept_capabilities[] = {
    CAP_AUDIT_WRITE, CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
    CAP_FSETID,      CAP_KILL,  CAP_SETGID,       CAP_SETUID,
};

static void drop_bounding_set(void)
{
    for (unsigned long capability = 0; capability <= CAP_LAST_CAP; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

static bool reduce_capabilities(struct error *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    uint32_t kept[_LINUX_CAPABILITY_U32S_3] = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(kept_capabilities); i++)
        kept[CAP_TO_INDEX(kept_capabilities[i])] |= CAP_TO_MASK(kept_capabilities[i]);
    if (syscall(SYS_capget, &header, sets) == 0) {
        for (size_t i = 0; i < ARRAY_LENGTH(sets); i++) {
            sets[i].permitted &= kept[i];
            sets[i].effective &= kept[i];
            sets[i].inheritable = 0;
        }
        if (syscall(SYS_capset, &header, sets) == 0)
            return true;
    }
    error_errno(err, "give capabilities up");
    return false;
}

static void forbid_core_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        (void)setrlimit(RLIMIT_CORE, &limit);
    }
}

static unsigned flags_of(const struct service *service)
{
    return service->user == SERVICE_USER_ROOT ? service->sandbox
                                              : service->sandbox | SANDBOX_NO_EXEC;
}

/* Bounding set first: that takes a capability which is gone afterwards. */
bool sandbox_capabilities(const struct service *service, struct error *err)
{
    if ((flags_of(service) & SANDBOX_NO_EXEC) != 0)
        drop_bounding_set();
    return service->user != SERVICE_USER_ROOT || reduce_capabilities(err);
}

bool sandbox_apply(const struct service *service, bool debugging, struct error *err)
{
    unsigned flags = flags_of(service);

    if (!debugging)
        forbid_core_files();
    if ((flags & SANDBOX_NO_EXEC) != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1L, 0, 0, 0) != 0) {
        error_errno(err, "forbid new privileges");
        return false;
    }
    if (flags != 0)
        filter_calls(flags);
    return true;
}
