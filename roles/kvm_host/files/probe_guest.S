# The guest that kvm_host runs to find out whether acceleration works: a boot sector that needs what every kernel needs.
# It sleeps through three timer interrupts, builds page tables, enters 64-bit mode, counts to a million and leaves through QEMU's
# isa-debug-exit device with status 33. The module holds it assembled:
#   as -o guest.o probe_guest.S && ld -Ttext=0x7c00 --oformat=binary -o guest.bin guest.o
.code16
.globl _start
_start:
    sti
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7000, %sp
# Three ticks of the BIOS clock: interrupts arrive and wake a halted processor.
    movw 0x46c, %bx
    addw $3, %bx
1:  hlt
    movw 0x46c, %ax
    cmpw %bx, %ax
    jb 1b
    cli
# Page tables at 0x1000: the first 2 MiB mapped onto themselves.
    cld
    movw $0x1000, %di
    movw $0x1800, %cx
    xorw %ax, %ax
    rep stosw
    movl $0x2003, 0x1000
    movl $0x3003, 0x2000
    movl $0x83, 0x3000
    movl $0x1000, %eax
    movl %eax, %cr3
    movl $0xa0, %eax
    movl %eax, %cr4
# 64-bit mode: EFER.LME, then protection and paging together.
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    lgdtl gdtr
    movl %cr0, %eax
    orl $0x80000001, %eax
    movl %eax, %cr0
    ljmpl $8, $long
.code64
long:
    movl $1000000, %ecx
2:  loop 2b
    movb $0x10, %al
    outb %al, $0xf4
3:  hlt
    jmp 3b
.balign 8
gdt: .quad 0, 0x00209a0000000000
gdtr: .word 15
    .long gdt
.org 510
.word 0xaa55
