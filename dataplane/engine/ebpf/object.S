/* The fast path's program, as it was compiled for the kernel: load.cc reads it. */
    .section .rodata
    .balign 8
    .global weft_fast_path_begin, weft_fast_path_end
    .hidden weft_fast_path_begin, weft_fast_path_end
weft_fast_path_begin:
    .incbin OBJECT
weft_fast_path_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
