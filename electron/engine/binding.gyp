{
  # One library for each instruction set, so that only its files get its flags; the table is chosen at run time.
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
        'native/program.cc',
        'native/threads.cc',
        'native/kernels/dispatch.cc',
        'native/kernels/reference.cc',
        'native/operations/attention.cc',
        'native/operations/cross_entropy.cc',
        'native/operations/elementwise.cc',
        'native/operations/embedding.cc',
        'native/operations/layer_norm.cc',
        'native/operations/linear.cc',
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
