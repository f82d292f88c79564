{
  # One library for each instruction set, so that only its files get its flags; the table is chosen at run time.
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'gptlab_avx512',
          'type': 'static_library',
          'includes': ['native/compute.gypi'],
          'sources': ['native/kernels/avx512.cc'],
          # GCC 12 takes the undefined lanes in its own intrinsics for a mistake (bug 105593).
          'cflags_cc': ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx2', '-mfma', '-Wno-uninitialized', '-Wno-maybe-uninitialized'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx2', '-mfma']},
          'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['/arch:AVX512']}},
        },
        {
          'target_name': 'gptlab_avx2',
          'type': 'static_library',
          'includes': ['native/compute.gypi'],
          'sources': ['native/kernels/avx2.cc'],
          'cflags_cc': ['-mavx2', '-mfma'],
          'xcode_settings': {'OTHER_CPLUSPLUSFLAGS': ['-mavx2', '-mfma']},
          'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['/arch:AVX2']}},
        },
      ],
    }],
  ],
  'targets': [
    {
      'target_name': 'gptlab_compute',
      'type': 'static_library',
      'includes': ['native/compute.gypi'],
      'sources': [
        'native/compiler.cc',
        'native/decode.cc',
        'native/fuse.cc',
        'native/generate.cc',
        'native/memory.cc',
        'native/plan.cc',
        'native/plan_build.cc',
        'native/program.cc',
        'native/threads.cc',
        'native/kernels/dispatch.cc',
        'native/kernels/portable.cc',
        'native/kernels/reference.cc',
        'native/operations/attention.cc',
        'native/operations/cross_entropy.cc',
        'native/operations/elementwise.cc',
        'native/operations/embedding.cc',
        'native/operations/layer_norm.cc',
        'native/operations/linear.cc',
        'native/operations/loss.cc',
        'native/operations/policy_losses.cc',
        'native/operations/preference_losses.cc',
        'native/operations/token_log_probabilities.cc',
      ],
      'conditions': [
        ['target_arch=="x64"', {'dependencies': ['gptlab_avx512', 'gptlab_avx2']}],
        ['target_arch=="arm64"', {'sources': ['native/kernels/neon.cc']}],
      ],
    },
    {
      'target_name': 'gptlab_engine',
      'dependencies': ['gptlab_compute', '<!(node -p "require(\'node-addon-api\').targets"):node_addon_api_except'],
      'defines': ['NAPI_VERSION=8'],
      'cflags_cc': ['-std=c++17', '-fvisibility=hidden'],
      'xcode_settings': {'CLANG_CXX_LANGUAGE_STANDARD': 'c++17', 'MACOSX_DEPLOYMENT_TARGET': '11.0', 'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES'},
      'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['/std:c++17', '/utf-8']}},
      'conditions': [['OS=="linux"', {'libraries': ['-pthread']}]],
      'sources': ['native/addon.cc', 'native/graph_reader.cc', 'native/machine.cc', 'native/plan_object.cc'],
    },
  ],
}
